using System.Collections.Concurrent;
using DChat.Abstractions.Grains;
using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>The sessions of a core silo in which sets are reconciled. There are at most <see cref="MaxSessions"/>, and idle ones end.</summary>
internal sealed class SyncSessions(IGrainFactory grains, TimeProvider time) : IDisposable
{
    /// <summary>The most sessions at once. Each may hold some megabytes of symbols.</summary>
    public const int MaxSessions = 64;

    /// <summary>How many of these are with strangers, whichever edges they come by: they do not keep partners out.</summary>
    public const int MaxStrangers = MaxSessions / 2;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SyncSession, ISyncSession> _sessions = [];
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private int _count;
    private int _strangers;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The shards that keep sketches.</summary>
    public SketchedShards Sketched { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Takes a place; it is given back by <see cref="Close"/>, or <see cref="Abandon"/>.</summary>
    /// <exception cref="DChatException">None is free (<c>overloaded</c>, transient).</exception>
    public void Reserve(bool isStranger)
    {
        var strangers = isStranger ? Interlocked.Increment(ref _strangers) : 0;
        if (Interlocked.Increment(ref _count) > MaxSessions || strangers > MaxStrangers)
        {
            Abandon(isStranger);
            throw new DChatException("overloaded", "The silo has as many sessions as it may have; try again later.", isTransient: true);
        }
    }

    /// <summary>Gives back a place in which no session has come to be.</summary>
    public void Abandon(bool isStranger)
    {
        Interlocked.Decrement(ref _count);
        if (isStranger)
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

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
            Abandon(session.IsStranger);
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
