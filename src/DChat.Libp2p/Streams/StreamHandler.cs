namespace DChat.Libp2p.Streams;

/// <summary>
/// Serves one stream that a peer opened. When it returns, what is written is sent and the stream is closed; when it
/// throws, the stream is reset.
/// </summary>
/// <param name="stream">The stream, after its protocol was agreed on.</param>
/// <param name="cancellationToken">Fires when the host stops.</param>
public delegate Task StreamHandler(Libp2pStream stream, CancellationToken cancellationToken);
