using System.Buffers;
using System.Globalization;
using System.Text;
using DChat.Libp2p.Host;
using DChat.Libp2p.Primitives;

namespace DChat.Interop.Tests;

/// <summary>A host on loopback that serves the protocols of the interop tests, as tests/js/protocols.mjs does.</summary>
internal static class TestHost
{
    public const string Echo = "/test/echo/1.0.0";
    public const string Hold = "/test/hold/1.0.0";
    public const string Upload = "/test/upload/1.0.0";
    public const string Reset = "/test/reset/1.0.0";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ProtocolLimits Many = new(MaxInbound: 1000, MaxOutbound: 1000);

    public static async Task<Libp2pHost> StartAsync(Action<Libp2pOptions>? configure = null)
    {
        var options = new Libp2pOptions { ServePerf = true };
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        configure?.Invoke(options);
        var host = new Libp2pHost(options);
        host.SetStreamHandler(Echo, (stream, token) => stream.Input.CopyToAsync(stream.Output, token), Many);
        host.SetStreamHandler(Hold, HoldAsync, Many);
        host.SetStreamHandler(Upload, CountAsync, Many);
        host.SetStreamHandler(Reset, (stream, _) => throw new InvalidOperationException("On purpose."), Many);
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static Multiaddr Address(this Libp2pHost host) => host.ListenAddresses[0].WithPeer(host.LocalPeer);

    public static async Task<T> NextAsync<T>(this PeerEventSubscription events)
        where T : PeerEvent
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience);
        await foreach (var occurred in events.WithCancellation(timeout.Token))
        {
            if (occurred is T wanted)
            {
                return wanted;
            }
        }

        throw new InvalidOperationException($"The events ended without {typeof(T).Name}.");
    }

    /// <summary>Sends bytes that are not all alike, and expects them back.</summary>
    public static async Task EchoAsync(Libp2pHost host, DChat.Libp2p.Identity.PeerId peer, int length)
    {
        await using var stream = await host.NewStreamAsync(peer, [Echo], TestContext.Current.CancellationToken);
        var data = new byte[length];
        for (var i = 0; i < length; i++)
        {
            data[i] = (byte)((i * 31) ^ (i >> 8));
        }

        var send = Task.Run(async () =>
        {
            await stream.Output.WriteAsync(data, TestContext.Current.CancellationToken);
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        });
        var at = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            foreach (var part in result.Buffer)
            {
                Assert.True(part.Span.SequenceEqual(data.AsSpan(at, part.Length)), $"The echo differs after {at} bytes.");
                at += part.Length;
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        Assert.Equal(length, at);
        await send;
    }

    public static async Task<string> ReadTextAsync(Libp2pStream stream)
    {
        var all = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            all.Write(result.Buffer.ToArray());
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return Encoding.ASCII.GetString(all.WrittenSpan);
            }
        }
    }

    private static async Task HoldAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Throws when the peer resets the stream, which is what the tests wait for.
            var result = await stream.Input.ReadAsync(cancellationToken);
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task CountAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        long length = 0;
        while (true)
        {
            var result = await stream.Input.ReadAsync(cancellationToken);
            length += result.Buffer.Length;
            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)), cancellationToken);
    }
}
