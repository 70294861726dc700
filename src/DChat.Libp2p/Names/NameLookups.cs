using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Names;

/// <summary>A lookup that runs.</summary>
/// <param name="Name">The address with the name.</param>
/// <param name="Origin">The address that led to it: itself, or a <c>/dnsaddr</c>.</param>
/// <param name="Teller">The class that the origin was told from.</param>
/// <param name="Found">What the name leads to in one step.</param>
internal sealed record NameLookup(Multiaddr Name, Multiaddr Origin, AddressClass Teller, Task<IReadOnlyList<Multiaddr>> Found);

/// <summary>The lookups of one dial, which run side by side and share a limit and a timeout. Not thread-safe.</summary>
internal sealed class NameLookups : IDisposable
{
    /// <summary>Lookups for one dial, those of <c>/dnsaddr</c> within <c>/dnsaddr</c> included, as in js.</summary>
    internal const int MaxLookups = 32;

    /// <summary>Time for all lookups of one dial.</summary>
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly AddressResolver _resolver;
    private readonly PeerId? _expected;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;
    private readonly HashSet<(Multiaddr Name, AddressClass Teller)> _asked = [];
    private readonly List<NameLookup> _running = [];

    internal NameLookups(AddressResolver resolver, PeerId? expected, TimeProvider time, CancellationToken cancellationToken)
    {
        _resolver = resolver;
        _expected = expected;
        _cancellation = cancellationToken;
        _timeout = new CancellationTokenSource(Timeout, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
    }

    internal IReadOnlyList<NameLookup> Running => _running;

    /// <summary>Starts a lookup, unless the same is looked up for this dial already.</summary>
    /// <exception cref="Libp2pException">The limit is reached.</exception>
    internal void Start(Multiaddr name, Multiaddr origin, AddressClass teller)
    {
        if (_asked.Contains((name, teller)))
        {
            return;
        }

        if (_asked.Count == MaxLookups)
        {
            throw new Libp2pException(Libp2pErrorCodes.LimitReached, $"{origin} takes more than {MaxLookups} lookups: {name} is not resolved.");
        }

        _asked.Add((name, teller));
        _running.Add(new NameLookup(name, origin, teller, ResolveAsync(name, teller)));
    }

    /// <summary>Takes a lookup that has ended out of those that run.</summary>
    internal NameLookup? TakeDone()
    {
        var done = _running.Find(l => l.Found.IsCompleted);
        if (done is not null)
        {
            _running.Remove(done);
        }

        return done;
    }

    /// <summary>Ends what still runs.</summary>
    internal async Task StopAsync()
    {
        await _either.CancelAsync().ConfigureAwait(false);
        foreach (var lookup in _running)
        {
            await ((Task)lookup.Found).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timeout.Dispose();
    }

    private async Task<IReadOnlyList<Multiaddr>> ResolveAsync(Multiaddr name, AddressClass teller)
    {
        try
        {
            return await _resolver.ResolveAsync(name, teller, _expected, _either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!_cancellation.IsCancellationRequested)
        {
            throw AddressResolver.Failed(name, $"there was no answer within {Timeout}", e);
        }
        catch (Exception e) when (e is not (Libp2pException or OperationCanceledException))
        {
            throw AddressResolver.Failed(name, e.Message, e);
        }
    }
}
