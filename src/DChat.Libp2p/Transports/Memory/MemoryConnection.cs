using System.IO.Pipelines;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Transports.Memory;

/// <summary>One end of two crossed byte queues.</summary>
internal sealed class MemoryConnection : ITransportConnection
{
    private readonly ByteQueue _incoming;
    private readonly ByteQueue _outgoing;
    private readonly StreamPipe _pipe;

    private MemoryConnection(Multiaddr local, Multiaddr remote, ByteQueue incoming, ByteQueue outgoing)
    {
        LocalAddress = local;
        RemoteAddress = remote;
        _incoming = incoming;
        _outgoing = outgoing;
        _pipe = new StreamPipe(new QueueStream(incoming, outgoing));
    }

    public Multiaddr LocalAddress { get; }

    public Multiaddr RemoteAddress { get; }

    public PipeReader Input => _pipe.Input;

    public PipeWriter Output => _pipe.Output;

    internal static (MemoryConnection Dialer, MemoryConnection Listener) CreatePair(Multiaddr dialer, Multiaddr listener)
    {
        ByteQueue there = new(), back = new();
        return (new MemoryConnection(dialer, listener, back, there), new MemoryConnection(listener, dialer, there, back));
    }

    public ValueTask DisposeAsync()
    {
        _outgoing.Complete(discard: false);
        _incoming.Complete(discard: true);
        return default;
    }

    private sealed class QueueStream(ByteQueue incoming, ByteQueue outgoing) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            incoming.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            outgoing.WriteAsync(buffer, cancellationToken);
    }
}
