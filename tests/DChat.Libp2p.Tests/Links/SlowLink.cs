using System.Diagnostics;
using System.IO.Pipelines;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;
using DChat.Libp2p.Transports.Memory;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Links;

/// <summary>
/// Connections in one process that are as slow as real ones: bandwidth, delay, and losses, which a byte stream shows as
/// stalls. Their bytes move when fake time does, and time moves by <see cref="RunAsync"/>. Each connection has the whole
/// bandwidth.
/// </summary>
public sealed class SlowLink(LinkShape shape, FakeTimeProvider time)
{
    /// <summary>How far time moves at once.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private const int QuietYields = 20;

    // An end that does not read must not hold up time.
    private const int MostYields = 2000;

    private readonly Lock _gate = new();
    private readonly List<LinkDirection> _directions = [];

    /// <summary>A network of such links, for hosts: <c>/memory/name</c>.</summary>
    public MemoryTransport CreateTransport() => new(CreatePair);

    /// <summary>One link.</summary>
    public (ITransportConnection Dialer, ITransportConnection Listener) CreatePair(Multiaddr dialer, Multiaddr listener)
    {
        LinkDirection there = new(shape, time), back = new(shape, time);
        lock (_gate)
        {
            _directions.AddRange([there, back]);
        }

        return (new End(dialer, listener, back, there), new End(listener, dialer, there, back));
    }

    /// <summary>From now on every byte is lost, in both directions, and nobody is told: as when a cable is pulled.</summary>
    public void Silence()
    {
        foreach (var direction in Directions())
        {
            direction.Silence();
        }
    }

    /// <summary>Moves time, step by step, until something has come about.</summary>
    /// <returns>How much time that took.</returns>
    /// <exception cref="TimeoutException">It has not within <paramref name="limit"/> of fake time.</exception>
    public async Task<TimeSpan> RunAsync(Func<bool> until, TimeSpan limit)
    {
        var started = time.GetTimestamp();
        await SettleAsync().ConfigureAwait(false);
        while (!until())
        {
            if (time.GetElapsedTime(started) >= limit)
            {
                await WaitAsync(until, limit).ConfigureAwait(false);
                break;
            }

            time.Advance(Step);
            foreach (var direction in Directions())
            {
                direction.Tick(Step);
            }

            await SettleAsync().ConfigureAwait(false);
        }

        return time.GetElapsedTime(started);
    }

    private LinkDirection[] Directions() { lock (_gate) { return [.. _directions]; } }

    /// <summary>Waits for those that are late on a busy machine, while the time that there was has passed and no more does.</summary>
    private static async Task WaitAsync(Func<bool> until, TimeSpan limit)
    {
        var waiting = Stopwatch.StartNew();
        while (!until())
        {
            if (waiting.Elapsed > TestNetwork.Patience)
            {
                throw new TimeoutException($"It has not come about within {limit}.");
            }

            await Task.Yield();
        }
    }

    /// <summary>Lets both ends take what has arrived and send what they can, as computers do that are fast beside their link.</summary>
    private async Task SettleAsync()
    {
        var (quiet, seen) = (0, -1L);
        for (var i = 0; i < MostYields && quiet < QuietYields; i++)
        {
            await Task.Yield();
            var activity = Directions().Sum(d => d.Activity);
            quiet = activity == seen && Directions().All(d => d.IsTaken) ? quiet + 1 : 0;
            seen = activity;
        }
    }

    private sealed class End(Multiaddr local, Multiaddr remote, LinkDirection incoming, LinkDirection outgoing) : ITransportConnection
    {
        private readonly StreamPipe _pipe = new(new LinkStream(incoming, outgoing));

        public Multiaddr LocalAddress => local;

        public Multiaddr RemoteAddress => remote;

        public PipeReader Input => _pipe.Input;

        public PipeWriter Output => _pipe.Output;

        public ValueTask DisposeAsync()
        {
            incoming.CloseReader();
            outgoing.CloseWriter();
            return default;
        }
    }

    private sealed class LinkStream(LinkDirection incoming, LinkDirection outgoing) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => incoming.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => outgoing.WriteAsync(buffer, cancellationToken);
    }
}
