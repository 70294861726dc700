using System.Buffers;
using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>Carries bytes between two streams until both have ended or a limit is reached. Holds no more than the windows of the streams.</summary>
internal static class CircuitPump
{
    /// <summary>Runs until the circuit has ended; then both streams have.</summary>
    /// <param name="first">One side.</param>
    /// <param name="second">The other.</param>
    /// <param name="bytes">The most that each direction carries; 0 when without limit.</param>
    /// <param name="carried">Told of bytes, from two threads at once.</param>
    /// <param name="cancellationToken">Ends the circuit.</param>
    internal static async Task RunAsync(Libp2pStream first, Libp2pStream second, long bytes, Action<int> carried, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var budget = bytes == 0 ? long.MaxValue : bytes;
        var there = CopyAsync(first, second, budget, carried, stop);
        var back = CopyAsync(second, first, budget, carried, stop);
        if (!await there.ConfigureAwait(false) | !await back.ConfigureAwait(false))
        {
            first.Reset();
            second.Reset();
        }
    }

    /// <summary>Copies one direction to its end and ends the other side's reading; false when it broke or came to its limit, and then the other direction is stopped too.</summary>
    private static async Task<bool> CopyAsync(Libp2pStream from, Libp2pStream to, long budget, Action<int> carried, CancellationTokenSource stop)
    {
        try
        {
            while (true)
            {
                var result = await from.Input.ReadAsync(stop.Token).ConfigureAwait(false);
                var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, budget));
                foreach (var segment in taken)
                {
                    to.Output.Write(segment.Span);
                }

                budget -= taken.Length;
                carried((int)taken.Length);
                var isOver = taken.Length < result.Buffer.Length;
                from.Input.AdvanceTo(taken.End);
                await to.Output.FlushAsync(stop.Token).ConfigureAwait(false);
                if (isOver)
                {
                    await stop.CancelAsync().ConfigureAwait(false);
                    return false;
                }

                if (result.IsCompleted)
                {
                    await to.CloseWriteAsync(stop.Token).ConfigureAwait(false);
                    return true;
                }
            }
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            return false;
        }
    }
}
