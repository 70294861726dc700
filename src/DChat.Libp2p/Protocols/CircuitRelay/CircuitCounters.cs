using System.Collections.Concurrent;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What a relay has done so far. Thread-safe.</summary>
internal sealed class CircuitCounters
{
    private readonly ConcurrentDictionary<(CircuitRequest Request, CircuitStatus Status), long> _answers = [];
    private long _bytes;

    /// <summary>Bytes that circuits have carried, both directions together.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Every answer given so far, and how often.</summary>
    internal IReadOnlyList<(CircuitRequest Request, CircuitStatus Status, long Count)> Answers =>
        [.. _answers.Select(a => (a.Key.Request, a.Key.Status, a.Value)).OrderBy(a => a.Request).ThenBy(a => a.Status)];

    internal IReadOnlyDictionary<CircuitStatus, long> Of(CircuitRequest request) =>
        Answers.Where(a => a.Request == request).ToDictionary(a => a.Status, a => a.Count);

    internal void Count(CircuitRequest request, CircuitStatus status) => _answers.AddOrUpdate((request, status), 1, (_, count) => count + 1);

    internal void Carried(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
