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
    public static async Task<YamuxPeer> StartAsync(YamuxOptions? options = null, TimeProvider? time = null, bool isInitiator = true)
    {
        var (near, far) = Pipes.CreatePair();
        var session = new YamuxSession(near, near, isInitiator, options ?? new YamuxOptions(), time ?? TimeProvider.System);
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
}
