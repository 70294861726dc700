using DChat.Interop.Tests.Js;

namespace DChat.Interop.Tests.Gossip;

/// <summary>Ten hosts of ours and ten js-libp2p peers in one mesh, all of whom score each other.</summary>
public sealed class MixedMeshTests
{
    private const int Each = 10;
    private const int Messages = 6;

    [Fact]
    public async Task Everything_is_delivered_to_everyone_once()
    {
        await using var js = await JsMesh.StartAsync(Each, new JsGossipSettings { IdontwantMinSize = 100, Scored = [GossipHost.Topic] });
        var ours = await Task.WhenAll(Enumerable.Range(0, Each).Select(_ => GossipHost.StartAsync(o => o.IdontwantMinSize = 100)));
        try
        {
            await ConnectAsync(ours, js);
            await GossipHost.UntilAsync(() => HaveMeshAsync(ours, js), () => "The mesh did not form.");
            var texts = await PublishAsync(ours, js);

            // Nobody hears what it has said itself.
            var perNode = texts.Count - Messages;
            await js.AcceptedAsync(Each * perNode);
            await Task.WhenAll(ours.Select(peer => peer.UntilAsync(o => o.Texts.Count >= perNode, "every message")));
            for (var n = 0; n < Each; n++)
            {
                Assert.Equal(texts.Where(t => !t.StartsWith($"ours {n} ", StringComparison.Ordinal)).Order(), ours[n].Texts.Order());
                Assert.Equal(texts.Where(t => !t.StartsWith($"js {n} ", StringComparison.Ordinal)).Order(), js.Accepted(n).Order());
            }

            // Nobody has done anything that would cost it.
            Assert.All(ours.SelectMany(peer => peer.Gossip.Inspect()), score => Assert.True(score.Score >= 0, score.ToString()));
            for (var n = 0; n < Each; n++)
            {
                Assert.All(await js.ScoresAsync(n, ours.Select(peer => peer.Id)), score => Assert.True(score >= 0, $"{score} at js {n}"));
            }
        }
        finally
        {
            await Task.WhenAll(ours.Select(peer => peer.DisposeAsync().AsTask()));
        }
    }

    /// <summary>Two rings, each peer connected to the next of its own and to three of the other: nobody knows more than seven.</summary>
    private static async Task ConnectAsync(GossipHost[] ours, JsMesh js)
    {
        for (var n = 0; n < Each; n++)
        {
            ours[n].Subscribe();
            await js.SubscribeAsync(n);
        }

        for (var n = 0; n < Each; n++)
        {
            var next = (n + 1) % Each;
            await ours[n].Host.ConnectAsync(js.Addresses[n], TestContext.Current.CancellationToken);
            await ours[n].Host.ConnectAsync(js.Addresses[next], TestContext.Current.CancellationToken);
            await ours[n].ConnectAsync(ours[next]);
            await js.DialAsync(n, ours[(n + 2) % Each].Address);
            await js.DialAsync(n, js.Addresses[next]);
        }
    }

    /// <summary>Whether everyone has most of its neighbours in its mesh.</summary>
    private static async Task<bool> HaveMeshAsync(GossipHost[] ours, JsMesh js)
    {
        for (var n = 0; n < Each; n++)
        {
            if (await js.MeshSizeAsync(n) < 4)
            {
                return false;
            }
        }

        return ours.All(peer => peer.Gossip.MeshOf(GossipHost.Topic).Count >= 4);
    }

    /// <summary>Everyone publishes in turn, some messages above the size for IDONTWANT and some below; what was said.</summary>
    private static async Task<List<string>> PublishAsync(GossipHost[] ours, JsMesh js)
    {
        List<string> texts = [];
        for (var i = 0; i < Messages; i++)
        {
            for (var n = 0; n < Each; n++)
            {
                var (a, b) = ($"ours {n} {i} {new string('x', 40 * i)}", $"js {n} {i} {new string('x', 40 * i)}");
                ours[n].Publish(a);
                await js.PublishAsync(n, b);
                texts.AddRange([a, b]);
            }
        }

        return texts;
    }
}
