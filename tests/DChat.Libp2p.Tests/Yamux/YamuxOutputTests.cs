using System.IO.Pipelines;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>The way out over a transport whose writes end when the test says so.</summary>
public sealed class YamuxOutputTests
{
    private static readonly byte[] Frame = new byte[YamuxStream.MaxFrame];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Opening_streams_does_not_wait_for_the_writers_of_a_busy_connection_to_pause()
    {
        var transport = new HeldStream();
        var output = new YamuxOutput(PipeWriter.Create(transport), _ => { });
        var writes = await FillAsync(output, transport, frames: 12);
        var room = output.WaitForRoomAsync();
        Assert.False(room.IsCompleted);

        // The frames that waited fill the buffer again, as they would if they never ended.
        transport.Release();
        await transport.Started.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await room.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Contains(writes, w => !w.IsCompleted);
        transport.Release(100);
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task A_writer_that_waits_learns_in_our_own_words_that_the_transport_broke()
    {
        var transport = new HeldStream();
        Exception? reported = null;
        var output = new YamuxOutput(PipeWriter.Create(transport), e => reported = e);
        var writes = await FillAsync(output, transport, frames: 8);
        transport.Break(new IOException("cable"));
        transport.Release(100);

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => writes[^1]);
        Assert.Equal((Libp2pErrorCodes.ConnectionClosed, true), (fault.Code, fault.IsTransient));
        Assert.Equal("cable", fault.InnerException?.Message);
        await output.DrainAsync();
        Assert.Same(fault, reported);
        var late = await Assert.ThrowsAsync<Libp2pException>(async () => await output.WriteDataAsync(1, Frame, TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.ConnectionClosed, late.Code);
    }

    /// <summary>Writes until one write is held by the transport, the buffer is full and further frames wait.</summary>
    private static async Task<List<Task>> FillAsync(YamuxOutput output, HeldStream transport, int frames)
    {
        var writes = new List<Task> { output.WriteDataAsync(1, Frame, TestContext.Current.CancellationToken).AsTask() };
        await transport.Started.WaitAsync(Patience, TestContext.Current.CancellationToken);
        for (var i = 0; i < frames; i++)
        {
            writes.Add(output.WriteDataAsync(1, Frame, TestContext.Current.CancellationToken).AsTask());
        }

        Assert.False(writes[^1].IsCompleted);
        return writes;
    }

    private sealed class HeldStream : DuplexStream
    {
        private readonly SemaphoreSlim _go = new(0);
        private Exception? _fault;

        public SemaphoreSlim Started { get; } = new(0);

        public void Release(int writes = 1) => _go.Release(writes);

        public void Break(Exception fault) => _fault = fault;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Started.Release();
            await _go.WaitAsync(cancellationToken);
            if (_fault is not null)
            {
                throw _fault;
            }
        }
    }
}
