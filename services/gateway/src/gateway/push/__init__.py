"""What happens, pushed to those it concerns while it happens: over WebSockets, and as a stream of server-sent events.

event ─► consumers.py ─► log (push_messages: one ordered row for each message and audience) ─► NOTIFY
in every process: hub.py reads the log on, and gives each message to the outlets that want it
sockets.py, stream.py: an outlet for each open socket or stream; admission.py says who may open it
"""
