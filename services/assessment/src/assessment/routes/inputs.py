"""What several routes take."""

from typing import Annotated

from fastapi import Depends

from assessment.learn import Owners
from shared.database import OpenDatabase
from shared.peers import AskPeers


async def _owners(database: OpenDatabase, peers: AskPeers) -> Owners:
    return Owners(database, peers)


AskOwners = Annotated[Owners, Depends(_owners)]
