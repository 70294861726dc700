using DChat.Libp2p.Addresses;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>
/// Which networks' servers are let alone for now. By network and not by server, since a network has one vote, and whoever has many
/// peers in one could otherwise have this host ask, and pay, without end. Not thread-safe.
/// </summary>
internal sealed class ServerPauses(AutoNatOptions options)
{
    /// <summary>Networks remembered; of more, those that may be asked the soonest are forgotten.</summary>
    internal const int MaxNetworks = 1024;

    /// <summary>Addresses remembered that a network's servers do not dial; of more, the first is forgotten.</summary>
    internal const int MaxRefused = ReachabilityBook.MaxAddresses;

    private readonly Dictionary<string, Pause> _pauses = new(StringComparer.Ordinal);

    internal int Count => _pauses.Count;

    /// <summary>Whether a server of the network may be asked about anything.</summary>
    internal bool IsOver(string network, DateTimeOffset now) => !_pauses.TryGetValue(network, out var pause) || pause.Until <= now;

    /// <summary>Whether the network's servers are not known to leave the address alone.</summary>
    internal bool MayDial(string network, Multiaddr address, DateTimeOffset now) =>
        !_pauses.TryGetValue(network, out var pause) || !pause.Refused.TryGetValue(address, out var until) || until <= now;

    /// <summary>A server of the network has answered so.</summary>
    internal void Note(string network, Multiaddr address, DialBackOutcome outcome, DateTimeOffset now)
    {
        if (!_pauses.TryGetValue(network, out var pause))
        {
            MakeRoom();
            _pauses[network] = pause = new Pause();
        }

        var isWilling = outcome is DialBackOutcome.Reached or DialBackOutcome.Failed or DialBackOutcome.Undelivered or DialBackOutcome.Refused;
        pause.Until = now + (isWilling ? options.ServerPause : options.ServerBackoff);
        if (outcome is DialBackOutcome.Refused or DialBackOutcome.TooDear or DialBackOutcome.Undelivered)
        {
            pause.Refused.Remove(address);
            if (pause.Refused.Count == MaxRefused)
            {
                pause.Refused.RemoveAt(0);
            }

            pause.Refused[address] = now + options.ServerBackoff;
        }
    }

    private void MakeRoom()
    {
        if (_pauses.Count < MaxNetworks)
        {
            return;
        }

        foreach (var network in _pauses.OrderBy(p => p.Value.Until).Take(MaxNetworks / 8).Select(p => p.Key).ToArray())
        {
            _pauses.Remove(network);
        }
    }

    private sealed class Pause
    {
        internal DateTimeOffset Until { get; set; }

        internal OrderedDictionary<Multiaddr, DateTimeOffset> Refused { get; } = [];
    }
}
