using DChat.Libp2p.Protocols.AutoNat;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Discovery;

/// <summary>
/// Looks at what AutoNAT has found. A gateway that nobody reaches looks for circuit relays among its peers and does not offer others
/// what they could not have, until somebody reaches it. Relays that an operator named are used in any case.
/// </summary>
/// <param name="find">What is known of the gateway's addresses.</param>
/// <param name="setHidden">Called when it is found that nobody reaches the gateway, or that somebody does; not twice with the same.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ReachabilityWatch(
    Func<IReadOnlyList<AddressReachability>> find, Action<bool> setHidden, TimeProvider time, ILogger<ReachabilityWatch> logger) : IAsyncDisposable
{
    /// <summary>Time between two looks: what AutoNAT finds changes in minutes.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool? _isHidden;
    private bool _isDisposed;

    /// <summary>Begins to look.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        // The gateway ends it when it drains, and the container once more.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    /// <summary>Whether nobody reaches the gateway, by what is known of its addresses; null when that says nothing.</summary>
    internal static bool? IsHidden(IReadOnlyList<AddressReachability> addresses) =>
        addresses.Any(address => address.Reachability == Reachability.Reachable) ? false
        : addresses.Any(address => address.Reachability == Reachability.Unreachable) ? true
        : null;

    /// <summary>Looks once. What says nothing changes nothing.</summary>
    internal void Look()
    {
        if (IsHidden(find()) is not { } isHidden || isHidden == _isHidden)
        {
            return;
        }

        _isHidden = isHidden;
        setHidden(isHidden);
        if (isHidden)
        {
            LogHidden();
        }
        else
        {
            LogReached();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Period, time, _stopping.Token).ConfigureAwait(false);
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Nobody reaches the gateway at any of its addresses; it looks for circuit relays to be reached through. See `dchat relay-circuit status`.")]
    private partial void LogHidden();

    [LoggerMessage(2, LogLevel.Information, "Others reach the gateway.")]
    private partial void LogReached();
}
