using System.Buffers;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>What a session does when its host has no place or memory for it.</summary>
public sealed class YamuxBudgetTests
{
    private const int Step = YamuxStream.MemoryStep;

    [Fact]
    public async Task A_stream_without_a_place_is_reset_with_the_code_for_limits()
    {
        var budget = new Budget { Streams = 1 };
        await using var peer = await StartAsync(budget);
        await peer.OpenAsync(2);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 4, 0);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 4, (uint)YamuxErrorCode.LimitReached);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await peer.Session.OpenStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.LimitReached, true), (fault.Code, fault.IsTransient));

        // The place is free again when the first has ended.
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, 0);
        await peer.SynchroniseAsync();
        await peer.OpenAsync(6);
        Assert.Equal(0, budget.Streams);
    }

    [Fact]
    public async Task Few_unread_bytes_are_included_in_the_place_and_one_more_takes_memory()
    {
        var budget = new Budget { Memory = Step };
        await using var peer = await StartAsync(budget);
        var stream = await peer.OpenAsync();
        await peer.SendDataAsync(2, new byte[IStreamBudget.BytesPerStream]);
        await peer.SynchroniseAsync();
        Assert.Equal(Step, budget.Memory);
        await peer.SendDataAsync(2, new byte[Step - IStreamBudget.BytesPerStream]);
        await peer.SynchroniseAsync();
        Assert.Equal(0, budget.Memory);

        // What is examined is no longer the peer's doing.
        var read = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Step, read.Buffer.Length);
        stream.Input.AdvanceTo(read.Buffer.GetPosition(Step - IStreamBudget.BytesPerStream));
        Assert.Equal(Step, budget.Memory);
    }

    [Fact]
    public async Task A_stream_that_brings_more_than_there_is_memory_for_is_reset_and_its_memory_is_free()
    {
        var budget = new Budget { Memory = Step };
        await using var peer = await StartAsync(budget);
        var (greedy, other) = (await peer.OpenAsync(2), await peer.OpenAsync(4));
        await peer.SendDataAsync(2, new byte[Step]);
        await peer.SynchroniseAsync();
        Assert.Equal(0, budget.Memory);
        await peer.SendDataAsync(2, new byte[1]);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, (uint)YamuxErrorCode.LimitReached);
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await greedy.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((Libp2pErrorCodes.LimitReached, true), (fault.Code, fault.IsTransient));
        Assert.Equal(Step, budget.Memory);

        await peer.SendDataAsync(4, "hello"u8.ToArray());
        Assert.Equal("hello"u8.ToArray(), (await other.Input.ReadAsync(TestContext.Current.CancellationToken)).Buffer.ToArray());
    }

    [Fact]
    public async Task Unread_bytes_of_a_stream_that_has_ended_count_until_they_are_read_or_given_up()
    {
        var budget = new Budget();
        await using var peer = await StartAsync(budget);
        var stream = await peer.OpenAsync();
        Assert.True(stream.TryHoldPlace());
        await peer.SendDataAsync(2, new byte[3 * Step], YamuxFlags.Fin);
        await peer.SynchroniseAsync();
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await stream.Completion;
        Assert.Equal((Budget.Plenty - 1, Budget.Plenty - (3 * Step)), (budget.Streams, budget.Memory));
        stream.ReleasePlace();
        Assert.False(stream.TryHoldPlace());
        Assert.Equal((Budget.Plenty, Budget.Plenty), (budget.Streams, budget.Memory));
        await stream.Input.CompleteAsync();
        Assert.Equal((Budget.Plenty, Budget.Plenty), (budget.Streams, budget.Memory));
    }

    [Fact]
    public async Task A_window_does_not_grow_while_memory_is_scarce()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var budget = new Budget { MayGrowWindows = false };
        await using var peer = await StartAsync(budget, time);
        var stream = await peer.OpenAsync();
        var half = YamuxOptions.InitialWindow / 2;
        foreach (var grows in new[] { false, true })
        {
            budget.MayGrowWindows = grows;
            await peer.SendDataAsync(2, new byte[half]);
            await stream.Input.ReadExactlyAsync(half);
            await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.None, 2, (uint)(grows ? half + YamuxOptions.InitialWindow : half));
        }
    }

    [Fact]
    public async Task Without_memory_one_frame_at_a_time_waits_to_be_sent_and_everything_arrives()
    {
        var gate = new YamuxPeer.WriteGate(2);
        var budget = new Budget { Memory = 0 };
        await using var peer = await StartAsync(budget, gate: gate);
        await peer.SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, 2, 0);
        var stream = (await peer.Session.AcceptStreamAsync(TestContext.Current.CancellationToken))!;
        var sent = Pipes.Pattern(3 * YamuxStream.MaxFrame);
        var write = stream.Output.WriteAsync(sent, TestContext.Current.CancellationToken).AsTask();
        gate.Open();
        await write;
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Ack, 2, 0);
        for (var i = 0; i < 3; i++)
        {
            await peer.ExpectDataAsync(2, sent[(i * YamuxStream.MaxFrame)..((i + 1) * YamuxStream.MaxFrame)]);
        }
    }

    [Fact]
    public async Task What_is_to_be_shed_is_the_newest_half_of_inbound_streams_or_those_that_hold_memory()
    {
        await using var peer = await StartAsync(new Budget());
        var streams = new[] { await peer.OpenAsync(2), await peer.OpenAsync(4), await peer.OpenAsync(6) };
        await peer.SendDataAsync(2, new byte[Step]);
        await peer.SynchroniseAsync();
        Assert.Equal(2, peer.Session.ShedStreams());
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 6, (uint)YamuxErrorCode.LimitReached);
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 4, (uint)YamuxErrorCode.LimitReached);
        Assert.False(streams[0].Completion.IsCompleted);
        peer.Session.ShedMemory();
        await peer.ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Rst, 2, (uint)YamuxErrorCode.LimitReached);
    }

    private static async Task<YamuxPeer> StartAsync(Budget budget, TimeProvider? time = null, YamuxPeer.WriteGate? gate = null)
    {
        var peer = await YamuxPeer.StartAsync(time: time, isInitiator: true, gate: gate);
        peer.Session.LimitBy(budget);
        return peer;
    }

    /// <summary>So many streams and bytes are left.</summary>
    private sealed class Budget : IStreamBudget
    {
        public const int Plenty = 1 << 30;

        private int _streams = Plenty;
        private int _memory = Plenty;

        public int Streams { get => Volatile.Read(ref _streams); init => _streams = value; }

        public int Memory { get => Volatile.Read(ref _memory); init => _memory = value; }

        public bool MayGrowWindows { get; set; } = true;

        public string? AddStream(bool isOutbound)
        {
            if (Interlocked.Decrement(ref _streams) >= 0)
            {
                return null;
            }

            RemoveStream(isOutbound);
            return "MaxStreams";
        }

        public void RemoveStream(bool isOutbound) => Interlocked.Increment(ref _streams);

        public bool TryTakeMemory(int bytes)
        {
            if (Interlocked.Add(ref _memory, -bytes) >= 0)
            {
                return true;
            }

            ReturnMemory(bytes);
            return false;
        }

        public void ReturnMemory(int bytes) => Interlocked.Add(ref _memory, bytes);
    }
}
