using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Simulation.Tests.Relays;

/// <summary>
/// A device that writes to one topic and pushes to whatever relay it picks, again until it is answered: also when the answer
/// is lost, and sometimes impatiently while its first copy is still on the way to the disk.
/// </summary>
internal sealed class SimulatedAuthor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private readonly Simulator _simulator;
    private readonly IReadOnlyList<SimulatedRelay> _relays;
    private readonly EnvelopeSealer _sealer;
    private readonly HybridLogicalClock _clock;
    private readonly HashSet<MessageId> _acknowledged = [];
    private ulong _sequence;

    public SimulatedAuthor(Simulator simulator, IReadOnlyList<SimulatedRelay> relays, string topic)
    {
        (_simulator, _relays) = (simulator, relays);
        using var device = DeviceSecret.FromSeed(Draw(32));
        _sealer = new EnvelopeSealer(device, Topic.Public(SimulatedRelay.Network.Network, topic));
        _clock = new HybridLogicalClock(simulator.Time);
    }

    /// <summary>The share of answers that the author never gets, 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>The messages whose acceptance has reached the author.</summary>
    public IReadOnlySet<MessageId> Acknowledged => _acknowledged;

    /// <summary>Writes some messages and pushes them until a relay says that it has them.</summary>
    public EnvelopeBatch Publish(int count)
    {
        var batch = EnvelopeBatch.Pack([.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)Seal())]);
        Push(batch, _relays[_simulator.Random.Next(_relays.Count)]);
        return batch;
    }

    private byte[] Seal() => _sealer.Seal(
        ++_sequence, _clock.Next(), RetentionClass.ThirtyDays, _simulator.Time.GetUtcNow(), Draw(_simulator.Random.Next(2_000)), [], Draw(EnvelopeLimits.NonceLength));

    private byte[] Draw(int length)
    {
        var bytes = new byte[length];
        _simulator.Random.NextBytes(bytes);
        return bytes;
    }

    private void Push(EnvelopeBatch batch, SimulatedRelay relay)
    {
        Send(batch, relay);
        if (_simulator.Random.Next(4) == 0)
        {
            Send(batch, relay);
        }

        _simulator.After(Patience, () =>
        {
            if (!batch.Envelopes.All(envelope => _acknowledged.Contains(MessageId.Compute(envelope.Span))))
            {
                Push(batch, _simulator.Random.Next(2) == 0 ? relay : _relays[_simulator.Random.Next(_relays.Count)]);
            }
        });
    }

    private void Send(EnvelopeBatch batch, SimulatedRelay relay) => _simulator.After(_simulator.Draw(Delay), () => relay.Push(batch, results =>
    {
        if (_simulator.Random.NextDouble() >= Loss)
        {
            _simulator.After(_simulator.Draw(Delay), () =>
            {
                foreach (var (envelope, result) in batch.Envelopes.Zip(results))
                {
                    if (result.Rejection == RejectionCode.None)
                    {
                        _acknowledged.Add(MessageId.Compute(envelope.Span));
                    }
                }
            });
        }
    }));
}
