using System.Net.WebSockets;
using Socket = System.Net.WebSockets.WebSocket;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>
/// A WebSocket as a plain byte stream: the borders of binary messages mean nothing. A text message ends it. Frames are not
/// gathered, so a frame of any length takes no more memory than the read that asks for it.
/// </summary>
internal sealed class WebSocketStream(Socket socket) : DuplexStream
{
    /// <summary>The most empty messages in a row: they cost the sender nothing and us a turn each.</summary>
    internal const int MaxEmptyMessages = 64;

    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var empty = 0; !_ended && empty <= MaxEmptyMessages; empty++)
        {
            var result = await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                _ended = true;
                return 0;
            }

            if (result.MessageType == WebSocketMessageType.Text)
            {
                throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, "The peer sent text over the WebSocket.");
            }

            if (result.Count > 0 || (buffer.IsEmpty && !result.EndOfMessage))
            {
                return result.Count;
            }
        }

        return _ended
            ? 0
            : throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"The peer sent {MaxEmptyMessages} empty messages in a row.");
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? default : socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode == WebSocketError.ConnectionClosedPrematurely)
        {
            // Gone without a close frame, as any connection may be.
            return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Close, endOfMessage: true);
        }
        catch (WebSocketException e)
        {
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, $"The peer broke the WebSocket protocol: {e.Message}", inner: e);
        }
    }
}
