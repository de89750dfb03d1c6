"""The route of the audio WebSocket: the handshake, and the end of all sockets when the service stops."""

import asyncio

from aiohttp import WSCloseCode, web

from meeting_service.errors import UpgradeRequired
from meeting_service.protocol import SUBPROTOCOL
from meeting_service.web.audio_socket import AudioSocket
from meeting_service.web.keys import SESSIONS, SETTINGS
from meeting_service.web.security import check_origin
from meeting_service.web.senders import SENDERS
from meeting_service.web.stopping import CLOSING

HEARTBEAT_S = 20.0
CLOSE_PATIENCE_S = 5.0
_UNREADABLE: dict[int, bytes] = {
    WSCloseCode.PROTOCOL_ERROR: b"not a WebSocket frame",
    WSCloseCode.INVALID_TEXT: b"a text message is not UTF-8",
}


async def audio_socket(request: web.Request) -> web.StreamResponse:
    """`GET /v1/meetings/{meeting}/audio` as a WebSocket: many participants' audio, see `protocol`.

    A meeting that cannot take audio is told with a close code, after the handshake: a browser or a bot's
    library shows nothing of an HTTP answer.

    Raises:
        UpgradeRequired: there is no handshake.
        NotFound: nor such a meeting.
    """
    check_origin(request)
    limits = request.app[SETTINGS].limits
    socket = _Socket(
        protocols=(SUBPROTOCOL,),
        heartbeat=HEARTBEAT_S,
        max_msg_size=limits.message_bytes,
        compress=False,
        timeout=CLOSE_PATIENCE_S,
    )
    if not socket.can_prepare(request):
        await request.app[SESSIONS].get_meeting(request.match_info["meeting"])
        raise UpgradeRequired(
            f"this address is a WebSocket (subprotocol {SUBPROTOCOL}); recorded audio is at audio.wav, "
            "audio.flac and audio.opus; pieces are posted to participants/{participant}/audio"
        )
    await socket.prepare(request)
    connection = AudioSocket(
        socket, request.match_info["meeting"], request.app[SESSIONS], request.app[SENDERS], limits
    )
    if request.app[CLOSING].is_set():  # it came while the others were told
        connection.stop()
    await connection.run()
    return socket


async def close_sockets(app: web.Application, patience_s: float) -> None:
    """Store what every socket has received and close it with 1012; for `on_shutdown`."""
    sockets = list(app[SENDERS].sockets)
    for socket in sockets:
        socket.stop()
    waits = [asyncio.create_task(socket.wait_closed(), name="close of a socket") for socket in sockets]
    if waits:
        _, late = await asyncio.wait(waits, timeout=patience_s)
        for wait in late:
            wait.cancel()


class _Socket(web.WebSocketResponse):
    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        # The library refuses by itself what it cannot read; of a message that is too big its reader tells.
        if code == WSCloseCode.MESSAGE_TOO_BIG:
            return False
        return await super().close(code=code, message=message or _UNREADABLE.get(code, b""), drain=drain)
