using System.Diagnostics.Metrics;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Dcutr;

/// <summary>The measurements of hole punching, on the meter <c>DChat.Libp2p</c>.</summary>
internal sealed class DcutrInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _upgrades;
    private readonly Counter<long> _answers;

    internal DcutrInstruments(IMeterFactory? factory)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        _upgrades = _meter.CreateCounter<long>("dchat.libp2p.dcutr.upgrades", "{upgrade}", "Upgrades of relayed connections that this host began, by outcome.");
        _answers = _meter.CreateCounter<long>("dchat.libp2p.dcutr.answers", "{attempt}", "Attempts of peers that this host answered, by outcome.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Upgraded(DcutrOutcome outcome) => _upgrades.Add(1, Tag(outcome.ToString().ToLowerInvariant()));

    internal void Answered(string outcome) => _answers.Add(1, Tag(outcome));

    private static KeyValuePair<string, object?> Tag(string outcome) => new("outcome", outcome);
}
