using System.IO.Pipelines;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>Which frames that wait for the transport leave as one.</summary>
public sealed class YamuxCoalescingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(YamuxFlags.Syn)]
    [InlineData(YamuxFlags.Ack)]
    internal async Task The_first_bytes_of_a_stream_go_with_the_frame_that_opens_or_accepts_it(YamuxFlags flags)
    {
        var frames = await SendAsync(async output =>
        {
            output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, flags, 7, 0));
            await output.WriteDataAsync(7, "hello"u8.ToArray(), TestContext.Current.CancellationToken);
        });
        Assert.Equal([(new YamuxHeader(YamuxType.Data, flags, 7, 5), "hello")], frames);
    }

    [Fact]
    public async Task What_is_written_in_turn_is_one_frame_and_the_end_its_own()
    {
        var frames = await SendAsync(async output =>
        {
            await output.WriteDataAsync(7, "hello "u8.ToArray(), TestContext.Current.CancellationToken);
            await output.WriteDataAsync(7, "world"u8.ToArray(), TestContext.Current.CancellationToken);
            output.WriteControl(new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Fin, 7, 0));
        });
        Assert.Equal([(Data(7, 11), "hello world"), (new YamuxHeader(YamuxType.WindowUpdate, YamuxFlags.Fin, 7, 0), "")], frames);
    }

    [Theory]
    [InlineData(YamuxType.WindowUpdate, YamuxFlags.Fin, 7, 0)]
    [InlineData(YamuxType.WindowUpdate, YamuxFlags.Rst, 7, 0)]
    [InlineData(YamuxType.WindowUpdate, YamuxFlags.None, 7, 1)]
    [InlineData(YamuxType.WindowUpdate, YamuxFlags.Syn, 9, 0)]
    internal async Task Data_stays_apart_from_a_frame_that_ends_its_stream_or_opens_a_window_or_is_anothers(
        YamuxType type, YamuxFlags flags, uint streamId, uint length)
    {
        var before = new YamuxHeader(type, flags, streamId, length);
        var frames = await SendAsync(async output =>
        {
            output.WriteControl(before);
            await output.WriteDataAsync(7, "hello"u8.ToArray(), TestContext.Current.CancellationToken);
        });
        Assert.Equal([(before, ""), (Data(7, 5), "hello")], frames);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_frame_grows_to_the_share_of_a_stream_and_not_one_byte_further(int beyond)
    {
        var frames = await SendAsync(async output =>
        {
            await output.WriteDataAsync(7, new byte[YamuxStream.MaxFrame - 1], TestContext.Current.CancellationToken);
            await output.WriteDataAsync(7, new byte[1 + beyond], TestContext.Current.CancellationToken);
        });
        Assert.Equal(
            beyond == 0 ? [Data(7, YamuxStream.MaxFrame)] : [Data(7, YamuxStream.MaxFrame - 1), Data(7, 2)],
            frames.Select(frame => frame.Header));
    }

    private static YamuxHeader Data(uint streamId, uint length) => new(YamuxType.Data, YamuxFlags.None, streamId, length);

    /// <summary>What leaves in the write after one that is under way while the frames are queued.</summary>
    private static async Task<List<(YamuxHeader Header, string Text)>> SendAsync(Func<YamuxOutput, Task> queue)
    {
        var transport = new HeldStream();
        var output = new YamuxOutput(PipeWriter.Create(transport), _ => { });
        output.WriteControl(new YamuxHeader(YamuxType.Ping, YamuxFlags.Syn, 0, 0));
        await transport.Started.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await queue(output);
        transport.Release();
        await transport.Started.WaitAsync(Patience, TestContext.Current.CancellationToken);
        List<(YamuxHeader, string)> frames = [];
        for (var rest = transport.Last.AsSpan(); !rest.IsEmpty;)
        {
            var header = YamuxHeader.Read(rest);
            var payload = header.Type == YamuxType.Data ? (int)header.Length : 0;
            frames.Add((header, System.Text.Encoding.ASCII.GetString(rest.Slice(YamuxHeader.Size, payload))));
            rest = rest[(YamuxHeader.Size + payload)..];
        }

        transport.Release();
        return frames;
    }

    private sealed class HeldStream : DuplexStream
    {
        private readonly SemaphoreSlim _go = new(0);

        public SemaphoreSlim Started { get; } = new(0);

        public byte[] Last { get; private set; } = [];

        public void Release() => _go.Release();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Last = buffer.ToArray();
            Started.Release();
            await _go.WaitAsync(cancellationToken);
        }
    }
}
