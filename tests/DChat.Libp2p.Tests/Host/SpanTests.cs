using System.Collections.Concurrent;
using System.Diagnostics;
using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Tests.Host;

/// <summary>Whoever reads traces does not learn who spoke with whom.</summary>
public sealed class SpanTests : IDisposable
{
    private const string Failing = "/spans/failing/1.0.0";

    private readonly ConcurrentQueue<Activity> _ended = [];
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActivitySource _source = new("DChat.Libp2p.Tests");
    private readonly ActivityListener _listener;

    public SpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "DChat.Libp2p" or "DChat.Libp2p.Tests",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                _ended.Enqueue(activity);
                if (activity.TagObjects.Any(tag => Failing.Equals(tag.Value)))
                {
                    _served.TrySetResult();
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task A_span_names_no_peer()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var nobody = TestHosts.SomePeer();
        bob.SetStreamHandler(Failing, async (stream, stop) =>
        {
            await stream.Input.ReadAsync(stop);
            throw new InvalidOperationException($"{stream.RemotePeer} is unwelcome.");
        });
        using (var root = _source.StartActivity("test"))
        {
            await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<Libp2pException>(() =>
                alice.ConnectAsync(nobody, [Multiaddr.Parse("/memory/nobody")], TestContext.Current.CancellationToken));
            Assert.Equal(2, _ended.Count(span => span.OperationName == "dchat.libp2p.dial" && span.TraceId == root!.TraceId));
        }

        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [Failing], TestContext.Current.CancellationToken);
        await stream.Output.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await _served.Task.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);

        var peers = new[] { alice.LocalPeer, bob.LocalPeer, nobody }.Select(peer => peer.ToString());
        Assert.DoesNotContain(_ended.SelectMany(Texts), text => peers.Any(peer => text.Contains(peer, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Texts(Activity span) =>
    [
        span.DisplayName,
        span.StatusDescription ?? "",
        .. span.TagObjects.Concat(span.Events.SelectMany(happened => happened.Tags)).Select(tag => $"{tag.Key}={tag.Value}"),
        .. span.Baggage.Select(item => $"{item.Key}={item.Value}"),
    ];
}
