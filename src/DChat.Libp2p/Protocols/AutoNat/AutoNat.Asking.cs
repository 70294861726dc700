using System.Security.Cryptography;
using System.Threading.Channels;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <content>Asks servers, and keeps to what they say.</content>
public sealed partial class AutoNat
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Networks that a request is under way to.</summary>
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>Connected peers that have said to serve. Only <see cref="Follow"/> uses it.</summary>
    private readonly HashSet<PeerId> _serving = [];

    private void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>A server that has connected, or has begun to serve, is asked at once. Whatever else a peer tells costs no look at all of them.</summary>
    private void Follow(PeerEvent occurred)
    {
        switch (occurred)
        {
            case PeerEvent.Identified identified when identified.Info.Protocols?.Contains(DialRequestId) is not true:
                _serving.Remove(identified.Info.Peer);
                break;
            case PeerEvent.Identified identified when _serving.Add(identified.Info.Peer) || !identified.IsPush:
                Wake();
                break;
            case PeerEvent.ConnectionClosed { IsLast: true } closed:
                _serving.Remove(closed.Connection.RemotePeer);
                break;
        }
    }

    private async Task AskAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                BeginRequests();
                await WaitAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                _logger.AskingFailed(e);
                await Task.Delay(_options.AskInterval, _host.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WaitAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var woken = _wake.Reader.ReadAsync(stop.Token).AsTask();
        await Task.WhenAny(woken, Task.Delay(_options.AskInterval, _host.Time, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await woken.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        _stopping.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Asks as many servers as may be asked at once.</summary>
    private void BeginRequests()
    {
        if (Asking >= _options.MaxConcurrentRequests)
        {
            // Whichever ends wakes this again.
            return;
        }

        var wanted = AddressesToAsk();
        var servers = Servers();
        var now = _clock.UtcNow;
        lock (_gate)
        {
            _book.Keep(wanted);
            foreach (var server in servers)
            {
                var network = NetworkOf(server);
                if (_asked.Count == _options.MaxConcurrentRequests)
                {
                    return;
                }

                if (_asked.Contains(network) || !_pauses.IsOver(network, now)
                    || _book.NextFor(network, a => _pauses.MayDial(network, a, now), now) is not { } address)
                {
                    continue;
                }

                _asked.Add(network);
                _tasks.Run(() => AskAsync(server, network, address));
            }
        }
    }

    private async Task AskAsync(PeerConnection server, string network, Multiaddr address)
    {
        // Until it has ended otherwise, the server did not answer.
        var outcome = DialBackOutcome.Rejected;
        try
        {
            outcome = await _client.AskAsync(server, address, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
        finally
        {
            Note(server, network, address, outcome);
            Wake();
        }
    }

    private void Note(PeerConnection server, string network, Multiaddr address, DialBackOutcome outcome)
    {
        var now = _clock.UtcNow;
        var result = Reachability.Unknown;
        lock (_gate)
        {
            _asked.Remove(network);
            _pauses.Note(network, address, outcome, now);
            if (outcome is DialBackOutcome.Reached or DialBackOutcome.Failed)
            {
                result = _book.Record(address, network, outcome == DialBackOutcome.Reached, now);
            }
        }

        _instruments.Asked(outcome);
        _logger.Asked(server.RemotePeer, address, outcome);
        switch (result)
        {
            case Reachability.Reachable:
                _host.Addresses.Confirm(address, _options.ResultLifetime);
                _logger.Reachable(address);
                break;
            case Reachability.Unreachable:
                _host.Addresses.Refute(address, _options.ResultLifetime);
                _logger.Unreachable(address);
                break;
        }
    }

    /// <summary>What others may reach, from what is said most often to what is only guessed.</summary>
    private IReadOnlyList<Multiaddr> AddressesToAsk()
    {
        var addresses = _host.Addresses;
        return
        [
            .. addresses.Announced.Concat(addresses.Confirmed).Concat(addresses.Observed).Concat(addresses.Listening).Concat(addresses.Candidates)
                .Select(a => a.WithoutPeer())
                .Where(a => !a.IsRelayed && IsToAsk(AddressClasses.Of(a), hasNetwork: AddressNetworks.Of(a).Count > 0))
                .Distinct(),
        ];
    }

    private bool IsToAsk(AddressClass of, bool hasNetwork) => _options.AllowsPrivateAddresses
        ? of is AddressClass.Public or AddressClass.Private or AddressClass.Loopback
        : of == AddressClass.Public && hasNetwork;

    /// <summary>Who may be asked, in random order, so that none is always the first of its network.</summary>
    private PeerConnection[] Servers()
    {
        PeerConnection[] servers =
        [
            .. _host.Connections.Where(c => c.IsDirect
                && (_options.AllowsPrivateAddresses || AddressClasses.Of(c.RemoteAddress) == AddressClass.Public)
                && _host.Peers.Find(c.RemotePeer)?.Protocols?.Contains(DialRequestId) is true),
        ];
        RandomNumberGenerator.Shuffle<PeerConnection>(servers);
        return servers;
    }
}
