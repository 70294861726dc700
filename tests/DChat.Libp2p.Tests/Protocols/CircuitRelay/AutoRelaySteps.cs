using System.Diagnostics;
using DChat.Libp2p.Protocols.CircuitRelay;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

/// <summary>Moves time by seconds, so that what is kept up in the background has its turns.</summary>
internal static class AutoRelaySteps
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(20);

    /// <summary>Moves time until something has come about, but not while a relay is asked: it would seem slow to answer.</summary>
    public static async Task UntilAsync(FakeTimeProvider time, AutoRelay reservations, Func<bool> reached, CancellationToken cancellationToken)
    {
        while (!reached())
        {
            var began = Stopwatch.GetTimestamp();
            while (!reached() && (Stopwatch.GetElapsedTime(began) < Turn || reservations.Relays.Any(r => r.State == AutoRelayState.Asking)))
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (!reached())
            {
                time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }
}
