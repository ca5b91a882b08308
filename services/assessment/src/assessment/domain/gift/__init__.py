"""Questions in Moodle's GIFT format, read and written.

Understood are multiple choice (one or several right), true/false, short answers (as one blank; with text behind them,
as a gap in it), matching and essays. Numbers and descriptions are not questions that we have: they are skipped.
"""
