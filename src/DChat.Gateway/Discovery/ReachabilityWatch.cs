using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.CircuitRelay;
using Microsoft.Extensions.Logging;

namespace DChat.Gateway.Discovery;

/// <summary>
/// Has the gateway look for circuit relays among its peers when AutoNAT finds that nobody reaches it, and no longer when somebody does.
/// Relays that an operator named are used in any case.
/// </summary>
internal sealed partial class ReachabilityWatch(AutoNat nat, AutoRelay relays, TimeProvider time, ILogger<ReachabilityWatch> logger) : IAsyncDisposable
{
    /// <summary>Time between two looks: what AutoNAT finds changes in minutes.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
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

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Period, time, _stopping.Token).ConfigureAwait(false);
                if (IsHidden(nat.Addresses) is { } isHidden && isHidden != relays.IsFinding)
                {
                    relays.SetFinding(isHidden);
                    LogChanged(isHidden ? "Nobody reaches the gateway; it looks for circuit relays" : "Others reach the gateway; it needs no circuit relays");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The gateway stops.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{What}.")]
    private partial void LogChanged(string what);
}
