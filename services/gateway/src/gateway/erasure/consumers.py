"""What the services tell once they have forgotten a user."""

from gateway.erasure.commands import note_answer
from shared.contracts.assessment.events import AssessmentUserDataErased
from shared.contracts.catalog.events import CatalogUserDataErased
from shared.contracts.certificate.events import CertificateUserDataErased
from shared.contracts.enrollment.events import EnrollmentUserDataErased
from shared.inbox import Handlers

HANDLERS: Handlers = {
    CatalogUserDataErased: note_answer,
    EnrollmentUserDataErased: note_answer,
    AssessmentUserDataErased: note_answer,
    CertificateUserDataErased: note_answer,
}
