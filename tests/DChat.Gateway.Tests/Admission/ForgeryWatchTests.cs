using System.Diagnostics.Metrics;
using DChat.Gateway.Admission;
using DChat.Libp2p.Identity;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Admission;

public sealed class ForgeryWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<PeerId> _closing = [];
    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource<bool> _closed = new();
    private readonly ForgeryWatch _watch;
    private int _counted;

    public ForgeryWatchTests()
    {
        _watch = new ForgeryWatch(
            peer =>
            {
                _closing.Add(peer);
                return _closed.Task;
            },
            _time,
            new RecordingLogger<ForgeryWatch>());

        // Other tests forge too: only what this thread counts is this test's.
        var thread = Environment.CurrentManagedThreadId;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "dchat.gateway.forgers.closed")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _counted += Environment.CurrentManagedThreadId == thread ? (int)value : 0);
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void A_peer_is_closed_with_the_forgery_that_is_one_too_many_and_counted_once()
    {
        var peer = SomePeer();
        for (var i = 0; i < ForgeryWatch.MaxForgeries; i++)
        {
            _watch.Note(peer);
        }

        Assert.Empty(_closing);

        // What it had sent before it was closed is still judged.
        for (var i = 0; i < 5; i++)
        {
            _watch.Note(peer);
        }

        Assert.Equal([peer], _closing);
        Assert.Equal(0, _counted);
        _closed.SetResult(true);
        Assert.Equal(1, _counted);
    }

    [Fact]
    public void A_forgery_of_a_peer_that_is_not_connected_any_more_is_not_counted()
    {
        var peer = SomePeer();
        _closed.SetResult(false);
        for (var i = 0; i < ForgeryWatch.MaxForgeries + 5; i++)
        {
            _watch.Note(peer);
        }

        Assert.Equal(0, _counted);
    }

    [Fact]
    public void A_peer_that_comes_back_and_forges_on_is_closed_and_counted_again()
    {
        var peer = SomePeer();
        _closed.SetResult(true);
        for (var i = 0; i < ForgeryWatch.MaxForgeries + 2; i++)
        {
            _watch.Note(peer);
        }

        Assert.Equal([peer, peer], _closing);
        Assert.Equal(2, _counted);
    }

    private static PeerId SomePeer()
    {
        using var key = PrivateKey.Generate();
        return key.Peer;
    }
}
