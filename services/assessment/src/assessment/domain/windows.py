"""When an assessment can be taken."""

from assessment.models import Assessment
from shared.errors import Invalid


def check_window(assessment: Assessment) -> None:
    """Opening comes before the due date, and the due date not after the closing. Raises Invalid."""
    opens, due, closes = assessment.available_from, assessment.due_date, assessment.available_until
    if opens is not None and closes is not None and closes <= opens:
        raise Invalid(available_until="This must be after available_from.")
    if opens is not None and due is not None and due <= opens:
        raise Invalid(due_date="This must be after available_from.")
    if due is not None and closes is not None and due > closes:
        raise Invalid(due_date="This must not be after available_until.")
