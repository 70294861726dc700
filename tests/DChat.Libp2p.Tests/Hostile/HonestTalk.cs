using System.Globalization;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Gossip;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>
/// Two honest peers whose messages go through a hub that others attack, and what the attack leaves on the heap. Clocks of
/// gossipsub stand still, so a message that waits for a heartbeat never arrives.
/// </summary>
internal sealed class HonestTalk : IAsyncDisposable
{
    private const int LeastMessages = 100;
    private const int MostMessages = 500;

    private readonly GossipNodes _nodes;
    private readonly GossipNode _alice;
    private readonly GossipNode _bob;
    private int _messages;

    private HonestTalk(GossipNodes nodes, GossipNode hub, GossipNode alice, GossipNode bob)
    {
        _nodes = nodes;
        Hub = hub;
        _alice = alice;
        _bob = bob;
    }

    public TestNetwork Network => _nodes.Network;

    public GossipNode Hub { get; }

    public static async Task<HonestTalk> StartAsync()
    {
        var nodes = new GossipNodes();
        var (hub, alice) = await nodes.StartMeshAsync();
        var bob = await nodes.StartAsync("bob");
        bob.Subscribe();
        await bob.ConnectAsync(hub);
        await bob.MeshAsync(hub);
        var talk = new HonestTalk(nodes, hub, alice, bob);
        await talk.TalkAsync(Task.CompletedTask);
        return talk;
    }

    /// <summary>Lets the honest talk while an attack is under way, and fails unless all arrives at once and little of the attack stays.</summary>
    /// <param name="attack">Ends when all of it has been sent.</param>
    /// <param name="maxKept">
    /// What attacker and attacked together may hold more of the heap when it is over, in bytes, beyond what the hub counts as held: streams
    /// that an attacker has opened are still there unless it was too slow to read what it was answered, and so was cut off.
    /// </param>
    public async Task WithstandAsync(Func<Task> attack, long maxKept)
    {
        var before = LiveHeap.Measure() - Hub.Host.Resources.Usage.Memory;
        var attacking = Task.Run(attack);
        await TalkAsync(attacking);
        await attacking;
        await TalkAsync(Task.CompletedTask);
        var kept = await KeptAsync(before, maxKept);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_messages} messages, {kept:N0} bytes kept."));
        Assert.InRange(kept, long.MinValue, maxKept);
    }

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    /// <summary>One message after another while the attack lasts, or so many, each from end to end before the next.</summary>
    private async Task TalkAsync(Task attack)
    {
        for (var i = 0; i < LeastMessages || (i < MostMessages && !attack.IsCompleted); i++)
        {
            var text = $"honest {_messages++}";
            _alice.Publish(text);
            while (await _bob.NextTextAsync() != text)
            {
                // What others have said.
            }
        }
    }

    /// <summary>What is on its way to be freed is waited for.</summary>
    private async Task<long> KeptAsync(long before, long enough)
    {
        var kept = long.MaxValue;
        for (var i = 0; i < 100 && kept > enough; i++)
        {
            foreach (var node in _nodes.All)
            {
                while (!node.HasNoMore)
                {
                    await node.NextAsync();
                }
            }

            await Task.Yield();
            kept = LiveHeap.Measure() - Hub.Host.Resources.Usage.Memory - before;
        }

        return kept;
    }
}
