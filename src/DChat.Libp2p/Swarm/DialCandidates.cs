using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Names;

namespace DChat.Libp2p.Swarm;

/// <summary>
/// The addresses that one dial tries, best first. Names are resolved before anything is ranked, filtered and gated; what they
/// lead to comes behind what is waiting, so that nobody waits for a name. Not thread-safe.
/// </summary>
internal sealed class DialCandidates(
    PeerId? expected,
    DialAddresses addresses,
    Func<Multiaddr, bool> canTake,
    ConnectionLimits limits,
    IConnectionGater gater,
    IPeerFilter filter,
    DialBackoffs backoffs)
{
    private readonly Queue<Multiaddr> _waiting = [];
    private readonly HashSet<Multiaddr> _seen = [];

    /// <summary>Why addresses lead nowhere.</summary>
    internal List<Libp2pException> Faults { get; } = [];

    internal int Waiting => _waiting.Count;

    private string Target => expected?.ToString() ?? "the peer";

    internal bool TryTake([NotNullWhen(true)] out Multiaddr? address) => _waiting.TryDequeue(out address);

    /// <summary>Takes the addresses on, and starts to look up names.</summary>
    /// <exception cref="Libp2pException">None may be dialed.</exception>
    internal void Begin(NameLookups lookups)
    {
        var shared = AddressRanking.Share([.. AddressRanking.Rank(addresses.Tellers.Keys).Where(MayBeTaken)], limits.MaxAddressesPerDial);
        if (shared.Count == 0)
        {
            throw NoAddress();
        }

        foreach (var name in shared.Where(AddressResolver.IsName))
        {
            if (MayTry(name, origin: name))
            {
                StartLookup(lookups, name, name, addresses.Tellers[name]);
            }
        }

        Add([.. shared.Where(a => !AddressResolver.IsName(a))], name: null);
        if (_waiting.Count == 0 && lookups.Running.Count == 0)
        {
            throw Faults.Count > 0 ? Faults[0] : Backoff();
        }
    }

    /// <summary>Takes on what a name leads to.</summary>
    internal async Task AddAsync(NameLookup lookup, NameLookups lookups)
    {
        try
        {
            var found = await lookup.Found.ConfigureAwait(false);
            backoffs.Succeeded(expected, lookup.Name);
            foreach (var name in found.Where(a => AddressResolver.IsName(a) && MayBeTaken(a)))
            {
                StartLookup(lookups, name, lookup.Origin, lookup.Teller);
            }

            var plain = AddressRanking.Rank(found.Where(a => !AddressResolver.IsName(a)));
            IReadOnlyList<Multiaddr> usable = [.. plain.Where(a => canTake(a) && !_seen.Contains(a))];
            Add(AddressRanking.Share(usable, limits.MaxAddressesPerDial - _seen.Count), lookup.Origin);
            if (plain.Count > 0 && !plain.Any(canTake))
            {
                Faults.Add(NoAddress());
            }
        }
        catch (Libp2pException e)
        {
            backoffs.Failed(expected, lookup.Name);
            Faults.Add(e);
        }
    }

    /// <summary>Takes on addresses, which a name has led to unless it is null.</summary>
    private void Add(IReadOnlyList<Multiaddr> ranked, Multiaddr? name)
    {
        if (ranked.Count == 0)
        {
            return;
        }

        _seen.UnionWith(ranked);
        IReadOnlyList<Multiaddr> allowed = [.. filter.SelectAddresses(expected, ranked).Where(a => gater.AllowDial(expected, a))];
        IReadOnlyList<Multiaddr> ready = [.. allowed.Where(a => MayTry(a, name ?? a))];
        if (ready.Count == 0)
        {
            Faults.Add(allowed.Count > 0 ? Backoff() : new Libp2pException(Libp2pErrorCodes.Gated, $"No address of {Target} may be dialed."));
        }

        foreach (var address in ready)
        {
            _waiting.Enqueue(address);
        }
    }

    private void StartLookup(NameLookups lookups, Multiaddr name, Multiaddr origin, AddressClass teller)
    {
        try
        {
            lookups.Start(name, origin, teller);
        }
        catch (Libp2pException e)
        {
            Faults.Add(e);
        }
    }

    private bool MayTry(Multiaddr address, Multiaddr origin) =>
        addresses.Named.Contains(origin) || !backoffs.IsBackingOff(expected, address, addresses.Vouched.Contains(origin));

    /// <summary>Whether a transport takes an address, or would take what its name leads to.</summary>
    private bool MayBeTaken(Multiaddr address) =>
        address.Components[0].Protocol == MultiaddrProtocol.Dnsaddr
        || (AddressResolver.IsName(address) ? AddressResolver.Examples(address).Any(canTake) : canTake(address));

    private Libp2pException NoAddress() => new(Libp2pErrorCodes.NoAddress, $"No address is known for {Target} that a transport takes.");

    private Libp2pException Backoff() =>
        new(Libp2pErrorCodes.DialBackoff, $"Every address of {Target} failed a short while ago.", isTransient: true);
}
