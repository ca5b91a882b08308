"""Open edX OLX: the course as a tree of XML files, read into a draft."""
