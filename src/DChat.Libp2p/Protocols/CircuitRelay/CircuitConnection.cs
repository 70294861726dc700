using System.IO.Pipelines;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>A stream through a relay as a raw connection. It is secured and multiplexed as any other, so the relay reads nothing.</summary>
internal sealed class CircuitConnection(Libp2pStream stream, Multiaddr local, Multiaddr remote, CircuitLimit limit) : ITransportConnection
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Multiaddr LocalAddress => local;

    public Multiaddr RemoteAddress => remote;

    public bool IsLimited => !limit.IsNone;

    public PipeReader Input => stream.Input;

    public PipeWriter Output => stream.Output;

    /// <summary>Completes when the connection is disposed.</summary>
    internal Task Ended => _ended.Task;

    public ValueTask DisposeAsync()
    {
        // Not gently: whoever reads or writes is to see the end at once. What had to be said is flushed.
        stream.Reset();
        _ended.TrySetResult();
        return default;
    }
}
