using System.Collections.Concurrent;
using DChat.Abstractions.Grains;
using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>The sessions of a core silo in which sets are reconciled. There are at most <see cref="MaxSessions"/>, and idle ones end.</summary>
internal sealed class SyncSessions(IGrainFactory grains, TimeProvider time) : IDisposable
{
    /// <summary>The most sessions at once. Each may hold some megabytes of symbols.</summary>
    public const int MaxSessions = 64;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SyncSession, ISyncSession> _sessions = [];
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Takes a place; it is given back by <see cref="Close"/>, or <see cref="Abandon"/>.</summary>
    /// <exception cref="DChatException">None is free (<c>overloaded</c>, transient).</exception>
    public void Reserve()
    {
        if (Interlocked.Increment(ref _count) > MaxSessions)
        {
            Abandon();
            throw new DChatException("overloaded", $"The silo has {MaxSessions} sessions already; try again later.", isTransient: true);
        }
    }

    /// <summary>Gives back a place in which no session has come to be.</summary>
    public void Abandon() => Interlocked.Decrement(ref _count);

    /// <summary>Makes a session callable. Not to be called on a grain's turn: a grain may not make references of its own.</summary>
    public ISyncSession Open(SyncSession session)
    {
        lock (_gate)
        {
            _timer ??= time.CreateTimer(_ => Sweep(), state: null, SweepPeriod, SweepPeriod);
        }

        return _sessions[session] = grains.CreateObjectReference<ISyncSession>(session);
    }

    /// <summary>Ends a session; more than once does no harm.</summary>
    public void Close(SyncSession session)
    {
        if (_sessions.TryRemove(session, out var reference))
        {
            Abandon();
            grains.DeleteObjectReference<ISyncSession>(reference);
        }
    }

    private void Sweep()
    {
        foreach (var session in _sessions.Keys.Where(session => session.IdleFor > TimeSpan.FromSeconds(ISyncSession.IdleSeconds)))
        {
            Close(session);
        }
    }
}
