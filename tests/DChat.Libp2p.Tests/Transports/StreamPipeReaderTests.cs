using System.Buffers;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Transports;

public sealed class StreamPipeReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task A_thousand_connections_that_hold_part_of_a_frame_hold_little_else(int length)
    {
        var held = 0;
        for (var i = 0; i < 1000; i++)
        {
            var (near, far) = Pipes.CreatePair();
            await far.Output.WriteAsync(new byte[length], TestContext.Current.CancellationToken);
            var result = await near.Input.ReadAsync(TestContext.Current.CancellationToken);
            near.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            Assert.False(near.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask().IsCompleted);
            held += ((StreamPipeReader)near.Input).Held;
        }

        Assert.Equal(1000 * StreamPipeReader.IdleLength, held);
    }

    [Theory]
    [InlineData(StreamPipeReader.ReadLength / StreamPipeReader.IdleFactor, StreamPipeReader.ReadLength)]
    [InlineData((StreamPipeReader.ReadLength / StreamPipeReader.IdleFactor) - 1, StreamPipeReader.ReadLength / StreamPipeReader.IdleFactor)]
    public async Task What_is_held_while_nothing_comes_is_at_most_so_many_times_what_is_unread(int unread, int held)
    {
        var (near, far) = Pipes.CreatePair();

        // Once busy, it asks for as much as it ever does.
        const int Busy = 8 * StreamPipeReader.ReadLength;
        var writing = far.Output.WriteAsync(new byte[Busy], TestContext.Current.CancellationToken);
        await near.Input.ReadExactlyAsync(Busy);
        await writing;
        await far.Output.WriteAsync(Pipes.Pattern(unread), TestContext.Current.CancellationToken);
        var result = await near.Input.ReadAtLeastAsync(unread, TestContext.Current.CancellationToken);
        near.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        var read = near.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(held, ((StreamPipeReader)near.Input).Held);

        await far.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        var all = (await read).Buffer.ToArray();
        Assert.Equal([.. Pipes.Pattern(unread), (byte)'x'], all);
    }

    [Theory]
    [InlineData(0, StreamPipeReader.IdleLength)]
    [InlineData(8 * StreamPipeReader.ReadLength, StreamPipeReader.ReadLength)]
    public async Task A_read_that_was_promised_something_and_gets_nothing_waits_with_as_much_as_the_last_reads_have_filled(int before, int held)
    {
        var stream = new PromisingStream(new byte[before]);
        using var reader = new StreamPipeReader(stream);
        if (before > 0)
        {
            await reader.ReadExactlyAsync(before);
        }

        var read = reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal((false, held), (read.IsCompleted, reader.Held));
        reader.CancelPendingRead();
        Assert.True((await read).IsCanceled);
    }

    [Fact]
    public async Task Nothing_is_held_when_nothing_is_unread()
    {
        var (near, far) = Pipes.CreatePair();
        await far.Output.WriteAsync(new byte[100], TestContext.Current.CancellationToken);
        await near.Input.ReadExactlyAsync(100);
        Assert.Equal(0, ((StreamPipeReader)near.Input).Held);
    }

    [Fact]
    public async Task A_read_is_cancelled_while_it_waits_and_before_it_begins()
    {
        var (near, far) = Pipes.CreatePair();
        var read = near.Input.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        near.Input.CancelPendingRead();
        Assert.True((await read).IsCanceled);
        near.Input.CancelPendingRead();
        Assert.True((await near.Input.ReadAsync(TestContext.Current.CancellationToken)).IsCanceled);
        using var cancel = new CancellationTokenSource();
        read = near.Input.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);

        await far.Output.WriteAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("x"u8.ToArray(), await near.Input.ReadExactlyAsync(1));
        await far.DisposeAsync();
        Assert.Empty(await near.Input.ReadToEndAsync());
    }

    /// <summary>Says always that there is something, as a socket may when it was read already, and then waits.</summary>
    private sealed class PromisingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length > 0 && Position == Length)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
