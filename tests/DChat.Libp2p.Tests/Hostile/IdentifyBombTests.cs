using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>A peer that has more to say about itself than anybody wants to know.</summary>
[Collection(HeapTests.Name)]
public sealed class IdentifyBombTests
{
    private const int Pushes = 50;
    private const long MaxKept = 8 * 1024 * 1024;

    private static readonly Dictionary<string, Func<Speaker, Task>> Bombs = new()
    {
        ["ten full messages"] = stream => stream.WriteAsync(10, IdentifyMessage.MaxLength),
        ["three times as many"] = stream => stream.WriteAsync(30, IdentifyMessage.MaxLength),
        ["a message a byte too long"] = stream => stream.WriteAsync(1, IdentifyMessage.MaxLength + 1),
        ["a thousand empty messages"] = stream => stream.WriteAsync(1000, 0),
    };

    public static TheoryData<string> Names => [.. Bombs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_kept_of_a_peer_is_bounded_and_nobody_else_notices(string bomb)
    {
        await using var talk = await HonestTalk.StartAsync();
        var mallory = await talk.Network.StartAsync("mallory");
        mallory.SetStreamHandler(IdentifyProtocol.Id, (stream, _) => Bombs[bomb](new Speaker(stream)));
        await talk.WithstandAsync(async () =>
        {
            await mallory.ConnectAsync(talk.Hub.Host.Address(), TestContext.Current.CancellationToken);
            for (var i = 0; i < Pushes; i++)
            {
                await PushAsync(mallory, talk, bomb);
            }
        }, MaxKept);

        var known = talk.Hub.Host.Peers.Find(mallory.LocalPeer);
        Assert.InRange(known?.Addresses.Count ?? 0, 0, PeerStore.MaxAddressesPerPeer);
        Assert.InRange(known?.Protocols?.Count ?? 0, 0, IdentifyMessage.MaxProtocols);
    }

    [Fact]
    public async Task Ten_messages_are_read_and_an_eleventh_resets_the_stream()
    {
        await using var network = new TestNetwork();
        var (hub, mallory) = (await network.StartAsync("hub"), await network.StartAsync("mallory"));
        await mallory.ConnectAndIdentifyAsync(hub);
        using var events = hub.Subscribe();
        await using (var stream = await mallory.NewStreamAsync(hub.LocalPeer, [IdentifyProtocol.PushId], TestContext.Current.CancellationToken))
        {
            await WriteAsync(stream, IdentifyMessage.MaxMessages, "/ten/1");
            await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            Assert.Contains("/ten/1", (await events.NextAsync<PeerEvent.Identified>(e => e.IsPush)).Info.Protocols!);
        }

        await using var beyond = await mallory.NewStreamAsync(hub.LocalPeer, [IdentifyProtocol.PushId], TestContext.Current.CancellationToken);
        await WriteAsync(beyond, IdentifyMessage.MaxMessages + 1, "/eleven/1");
        var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await beyond.Input.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Libp2pErrorCodes.StreamReset, fault.Code);
        Assert.DoesNotContain("/eleven/1", hub.Peers.Find(mallory.LocalPeer)!.Protocols!);
    }

    [Fact]
    public async Task A_peer_that_answers_with_eleven_messages_is_not_identified_and_its_stream_is_reset()
    {
        await using var network = new TestNetwork();
        var (hub, mallory) = (await network.StartAsync("hub"), await network.StartAsync("mallory"));
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        mallory.SetStreamHandler(IdentifyProtocol.Id, async (stream, token) =>
        {
            await WriteAsync(stream, IdentifyMessage.MaxMessages + 1, "/eleven/1");
            ended.TrySetResult(await Record.ExceptionAsync(async () =>
            {
                while (true)
                {
                    // Until the stream is taken away.
                    await WriteAsync(stream, 1, "/more/1");
                    await Task.Yield();
                }
            }));
        });
        using var events = hub.Subscribe();
        await hub.ConnectAsync(mallory.Address(), TestContext.Current.CancellationToken);
        Assert.Equal(Libp2pErrorCodes.LimitReached, (await events.NextAsync<PeerEvent.IdentifyFailed>()).Fault.Code);
        Assert.Equal(Libp2pErrorCodes.StreamReset, Assert.IsType<Libp2pException>(await ended.Task.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken)).Code);
        Assert.Null(hub.Peers.Find(mallory.LocalPeer)!.Protocols);
    }

    private static async Task WriteAsync(Libp2pStream stream, int messages, string protocol)
    {
        for (var i = 0; i < messages; i++)
        {
            LengthPrefixed.Write(stream.Output, new IdentifyMessage { Protocols = [protocol] }.Encode());
        }

        await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
    }

    private static async Task PushAsync(Libp2p.Host.Libp2pHost mallory, HonestTalk talk, string bomb)
    {
        try
        {
            await using var stream = await mallory.NewStreamAsync(talk.Hub.Peer, [IdentifyProtocol.PushId], TestContext.Current.CancellationToken);
            await Bombs[bomb](new Speaker(stream));
        }
        catch (Libp2pException)
        {
            // Refused, as most are.
        }
    }

    /// <summary>Writes identify messages that are made to be long: ever new addresses and protocols.</summary>
    private sealed class Speaker(Libp2pStream stream)
    {
        private static int _names;

        public async Task WriteAsync(int messages, int length)
        {
            try
            {
                for (var i = 0; i < messages; i++)
                {
                    LengthPrefixed.Write(stream.Output, Message(length));
                    await stream.Output.FlushAsync(TestContext.Current.CancellationToken);
                }

                await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
            }
            catch (Libp2pException)
            {
                // Cut off.
            }
        }

        private static byte[] Message(int length)
        {
            var writer = new ProtobufWriter();
            while (length - writer.Written.Length >= 64)
            {
                var name = $"{Interlocked.Increment(ref _names):D20}";
                writer.Bytes(2, Multiaddr.Parse($"/dns/{name}/tcp/1").Bytes.Span).Text(3, name);
            }

            // What is left to the length is a field that nobody knows.
            var rest = length - writer.Written.Length;
            return rest == 0 ? writer.ToArray() : writer.Bytes(15, new byte[rest - 2]).ToArray();
        }
    }
}
