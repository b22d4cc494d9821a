"""Messages between cases: signed, sent, and checked again where they arrive (design § 4, Signals).

Workflows never hold the key, so a workflow's code or a reader of histories cannot make a message.
"""

import uuid

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities import contracts as c
from db.vault import Vault
from domain.events import canonical, digest

SIGNAL = "message"


class MessageActivities:
    """`deliver_message`: at least once; the receiver ignores what it has seen."""

    def __init__(self, client: Client, vault: Vault) -> None:
        self._client = client
        self._vault = vault

    @activity.defn(name=c.DELIVER_MESSAGE)
    async def deliver(self, message: c.Message) -> c.Delivered:
        """Sign and send. `closed` when the target does not run (any more); other failures are tried again."""
        handle = self._client.get_workflow_handle(message.to_workflow)
        try:
            await handle.signal(SIGNAL, sign(self._vault, message))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return c.Delivered(outcome="closed")
            raise
        return c.Delivered(outcome="delivered")


async def froze(client: Client, workflow_id: str) -> bool:
    """Does the case run, and has it stopped because its ledger forked? Raises RPCError when Temporal does
    not answer."""
    try:
        status = await client.get_workflow_handle(workflow_id).query("status")
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return str(status["attention"]) == c.FORKED and not status["ended"]


async def thaw(client: Client, vault: Vault, *, workflow_id: str, stream: str) -> bool:
    """Tell a frozen case that people have mended its record: it asks its ledger again. False when the case
    does not run (any more). Raises RPCError when Temporal does not answer."""
    message = c.Message(
        id=f"thaw-{uuid.uuid4()}",
        type="thaw",
        sender="operations",
        sender_workflow="",
        to_workflow=workflow_id,
        application=stream,
    )
    try:
        await client.get_workflow_handle(workflow_id).signal(SIGNAL, sign(vault, message))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


def sign(vault: Vault, message: c.Message) -> c.SignedMessage:
    """The message with the token that only our activities can make."""
    return c.SignedMessage(message=message, token=vault.sign(_covered(message)))


def genuine(vault: Vault, signed: c.SignedMessage, *, arrived_at: str) -> bool:
    """Did our activities make this very message, for the workflow that it arrived at?"""
    return signed.message.to_workflow == arrived_at and vault.signed(_covered(signed.message), signed.token)


def _covered(message: c.Message) -> bytes:
    """What the token is over: who, to whom, which, and a digest of what it says."""
    head = message.model_dump(mode="json", exclude={"body"})
    return canonical({**head, "body": digest(message.model_dump(mode="json")["body"])})
