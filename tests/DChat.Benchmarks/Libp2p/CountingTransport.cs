using System.IO.Pipelines;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Transports;

namespace DChat.Benchmarks.Libp2p;

/// <summary>Counts what is written to the connections of another transport, by whichever end.</summary>
internal sealed class CountingTransport(ITransport inner) : ITransport
{
    private long _bytes;

    /// <summary>Bytes written so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public bool Matches(Multiaddr address) => inner.Matches(address);

    public async ValueTask<ITransportConnection> DialAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        new Connection(await inner.DialAsync(address, cancellationToken), this);

    public async ValueTask<ITransportListener> ListenAsync(Multiaddr address, CancellationToken cancellationToken = default) =>
        new Listener(await inner.ListenAsync(address, cancellationToken), this);

    private sealed class Listener(ITransportListener inner, CountingTransport counter) : ITransportListener
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<ITransportConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await inner.AcceptAsync(cancellationToken) is { } connection ? new Connection(connection, counter) : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Connection(ITransportConnection inner, CountingTransport counter) : ITransportConnection
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public Multiaddr RemoteAddress => inner.RemoteAddress;

        public PipeReader Input => inner.Input;

        public PipeWriter Output { get; } = new Writer(inner.Output, counter);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Writer(PipeWriter inner, CountingTransport counter) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            Interlocked.Add(ref counter._bytes, bytes);
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref counter._bytes, source.Length);
            return inner.WriteAsync(source, cancellationToken);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
