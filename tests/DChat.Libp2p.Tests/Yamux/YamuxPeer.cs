using System.IO.Pipelines;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Yamux;

/// <summary>A session under test with, at the other end, a peer that sends and sees bare frames.</summary>
internal sealed class YamuxPeer : IAsyncDisposable
{
    private readonly ITransportConnection _far;

    private YamuxPeer(YamuxSession session, ITransportConnection far)
    {
        Session = session;
        _far = far;
    }

    public YamuxSession Session { get; }

    /// <summary>The session is the dialer's, unless told otherwise; its first ping has been answered.</summary>
    /// <param name="options">The session's.</param>
    /// <param name="time">The session's clock.</param>
    /// <param name="isInitiator">Whether the session is the dialer's.</param>
    /// <param name="gate">When given, each write of the session takes one, and waits until there is; the start takes two.</param>
    public static async Task<YamuxPeer> StartAsync(
        YamuxOptions? options = null, TimeProvider? time = null, bool isInitiator = true, WriteGate? gate = null)
    {
        var (near, far) = Pipes.CreatePair();
        IDuplexPipe pipe = gate is null ? near : new GatedPipe(near, gate);
        var session = new YamuxSession(pipe, near, isInitiator, options ?? new YamuxOptions(), time ?? TimeProvider.System);
        session.Start();
        var peer = new YamuxPeer(session, far);
        var ping = await peer.ReadAsync();
        Assert.Equal((YamuxType.Ping, YamuxFlags.Syn), (ping.Type, ping.Flags));
        await peer.SendAsync(YamuxType.Ping, YamuxFlags.Ack, 0, ping.Length);
        await peer.SynchroniseAsync();
        return peer;
    }

    /// <summary>Returns once the session has handled everything sent so far and has answered nothing of it.</summary>
    public async Task SynchroniseAsync()
    {
        await SendAsync(YamuxType.Ping, YamuxFlags.Syn, 0, uint.MaxValue);
        await ExpectAsync(YamuxType.Ping, YamuxFlags.Ack, 0, uint.MaxValue);
    }

    public async Task SendAsync(YamuxType type, YamuxFlags flags, uint streamId, uint length, byte[]? payload = null)
    {
        var frame = new byte[YamuxHeader.Size + (payload?.Length ?? 0)];
        new YamuxHeader(type, flags, streamId, length).Write(frame);
        payload?.CopyTo(frame, YamuxHeader.Size);
        await _far.Output.WriteAsync(frame, TestContext.Current.CancellationToken);
    }

    public Task SendDataAsync(uint streamId, byte[] payload, YamuxFlags flags = YamuxFlags.None) =>
        SendAsync(YamuxType.Data, flags, streamId, (uint)payload.Length, payload);

    public async Task SendRawAsync(byte[] bytes) => await _far.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The next frame's header. Read its payload, if it has one, next.</summary>
    public async Task<YamuxHeader> ReadAsync() => YamuxHeader.Read(await _far.Input.ReadExactlyAsync(YamuxHeader.Size));

    public Task<byte[]> ReadPayloadAsync(YamuxHeader header) => _far.Input.ReadExactlyAsync((int)header.Length);

    public async Task ExpectAsync(YamuxType type, YamuxFlags flags, uint streamId, uint length) =>
        Assert.Equal(new YamuxHeader(type, flags, streamId, length), await ReadAsync());

    public async Task ExpectDataAsync(uint streamId, byte[] payload)
    {
        await ExpectAsync(YamuxType.Data, YamuxFlags.None, streamId, (uint)payload.Length);
        Assert.Equal(payload, await _far.Input.ReadExactlyAsync(payload.Length));
    }

    /// <summary>Waits for the session to end because of the peer's doing, and returns the code.</summary>
    public async Task<string> FaultAsync()
    {
        var reason = await Session.Completion.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        return Assert.IsType<Libp2pException>(reason).Code;
    }

    /// <summary>Everything that is left to read, as headers; payloads are not expected.</summary>
    public async Task<List<YamuxHeader>> ReadRestAsync()
    {
        var rest = await _far.Input.ReadToEndAsync();
        return [.. rest.Chunk(YamuxHeader.Size).Select(h => YamuxHeader.Read(h))];
    }

    /// <summary>An inbound stream of id <paramref name="id"/>, accepted.</summary>
    public async Task<IMuxedStream> OpenAsync(uint id = 2)
    {
        await SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, id, 0);
        var stream = await Session.AcceptStreamAsync(TestContext.Current.CancellationToken);
        await ExpectAsync(YamuxType.WindowUpdate, YamuxFlags.Ack, id, 0);
        return stream!;
    }

    /// <summary>A stream that finds room in the backlog after one was accepted.</summary>
    public async Task OpenFurtherAsync(uint id)
    {
        await SendAsync(YamuxType.WindowUpdate, YamuxFlags.Syn, id, 0);
        await SynchroniseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _far.DisposeAsync();
        await Session.Completion.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Lets so many writes through.</summary>
    internal sealed class WriteGate(int writes)
    {
        private readonly SemaphoreSlim _go = new(writes);

        /// <summary>Whether a write waits.</summary>
        public bool IsHolding { get; private set; }

        public void Open() => _go.Release(1000);

        public async Task PassAsync(CancellationToken cancellationToken)
        {
            var pass = _go.WaitAsync(cancellationToken);
            IsHolding = !pass.IsCompleted;
            await pass;
        }
    }

    private sealed class GatedPipe(IDuplexPipe inner, WriteGate gate) : IDuplexPipe
    {
        public PipeReader Input => inner.Input;

        public PipeWriter Output { get; } = PipeWriter.Create(new GatedStream(inner.Output, gate));
    }

    private sealed class GatedStream(PipeWriter inner, WriteGate gate) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await gate.PassAsync(cancellationToken);
            await inner.WriteAsync(buffer, cancellationToken);
        }
    }
}
