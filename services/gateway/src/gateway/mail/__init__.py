"""Mail on its way out: written down with the change that causes it, sent by the clock."""
