"""How long messages are kept."""

from linli.kernel.retention import Purpose
from linli.support.messaging.service import forget_before

PURPOSES = (
    Purpose(
        code="messages",
        title="已发送的消息",
        why="让收件人能回看，查清有没有送达",
        law="个人信息保护法第十九条：保存期限应当为实现处理目的所必要的最短时间",
        days=180,
        forget=forget_before,
    ),
)
