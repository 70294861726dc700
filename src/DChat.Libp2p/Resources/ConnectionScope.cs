using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Resources;

/// <summary>What one connection takes, counted in every scope that it lies in.</summary>
/// <param name="manager">The manager.</param>
/// <param name="connection">The connection, which is asked to give back what others need.</param>
/// <param name="path">The peer, then the networks from narrow to wide, then the host.</param>
/// <param name="peerProtocols">Streams with the peer.</param>
internal sealed class ConnectionScope(ResourceManager manager, PeerConnection connection, ResourceNode[] path, ProtocolCounts peerProtocols) : IConnectionScope
{
    /// <summary>What memory is when the connection is gone: nothing more is taken, and all was given back.</summary>
    private const long Gone = -1;

    private long _memory;

    /// <summary>Who dialed.</summary>
    internal Direction Direction => connection.Direction;

    /// <summary>The peer, then the networks from narrow to wide, then the host.</summary>
    internal IReadOnlyList<ResourceNode> Path => path;

    /// <summary>Whether it has lost its place. Under the manager's lock.</summary>
    internal bool IsClosing { get; set; }

    /// <summary>Whether it is gone, and so no longer counted.</summary>
    internal bool IsGone => Volatile.Read(ref _memory) == Gone;

    /// <inheritdoc/>
    public bool MayGrowWindows => Array.TrueForAll(path, node => node.Used(ResourceKind.Memory) <= node.Limits.Of(ResourceKind.Memory) / 2);

    /// <inheritdoc/>
    public string? AddStream(bool isOutbound) => Take(KindOf(isOutbound), 1);

    /// <inheritdoc/>
    public void RemoveStream(bool isOutbound)
    {
        Give(KindOf(isOutbound), 1, path.Length);
        ForgetIfGone();
    }

    /// <inheritdoc/>
    public string? AddProtocolStream(string protocol, Direction direction, int limit)
    {
        var kind = KindOf(direction == Direction.Outbound);
        if (!peerProtocols.TryAdd(protocol, direction, limit))
        {
            manager.Totals.Add(kind, ResourceScopeKind.PeerProtocol);
            return direction == Direction.Outbound ? "MaxOutbound" : "MaxInbound";
        }

        if (manager.TryAddProtocol(protocol, direction) is { } full)
        {
            peerProtocols.Remove(protocol, direction);
            manager.Totals.Add(kind, ResourceScopeKind.Protocol);
            return full;
        }

        return null;
    }

    /// <inheritdoc/>
    public void RemoveProtocolStream(string protocol, Direction direction)
    {
        peerProtocols.Remove(protocol, direction);
        manager.RemoveProtocol(protocol, direction);
        ForgetIfGone();
    }

    /// <inheritdoc/>
    public bool TryTakeMemory(int bytes)
    {
        if (Take(ResourceKind.Memory, bytes) is not null)
        {
            return false;
        }

        if (TryChangeMemory(bytes))
        {
            return true;
        }

        Give(ResourceKind.Memory, bytes, path.Length);
        return false;
    }

    /// <inheritdoc/>
    public void ReturnMemory(int bytes)
    {
        // What the connection had was given back when it was gone.
        if (TryChangeMemory(-bytes))
        {
            Give(ResourceKind.Memory, bytes, path.Length);
        }
    }

    /// <inheritdoc/>
    public bool TryBeginClosing() => manager.TryBeginClosing(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        var left = Interlocked.Exchange(ref _memory, Gone);
        if (left == Gone)
        {
            return;
        }

        Give(ResourceKind.Memory, left, path.Length);
        manager.Remove(this, peerProtocols);
    }

    /// <summary>What it has of a resource.</summary>
    internal long Used(ResourceKind resource) => resource == ResourceKind.Memory ? Math.Max(Volatile.Read(ref _memory), 0) : connection.StreamCount;

    /// <summary>Gives back what others need, as far as can be; how much it may become.</summary>
    internal long Shed(ResourceKind resource)
    {
        if (resource != ResourceKind.Memory)
        {
            return connection.Muxed.ShedStreams();
        }

        // Handlers that end give back theirs a little later, so all of it counts.
        var held = Used(resource);
        var streams = held == 0 ? connection.Muxed.ShedStreams() : 0;
        connection.Muxed.ShedMemory();
        return held + (streams * ResourceManager.StreamOverhead);
    }

    private static ResourceKind KindOf(bool isOutbound) => isOutbound ? ResourceKind.OutboundStreams : ResourceKind.InboundStreams;

    /// <summary>Takes in every scope or in none; the name of the limit that is reached.</summary>
    private string? Take(ResourceKind resource, int amount)
    {
        for (var i = 0; i < path.Length; i++)
        {
            // The peer is no part of the tree: keys cost nothing, so a share among them would be no share.
            var (room, of) = path[i].TryTake(resource, amount, i > 1 ? path[i - 1] : null);
            if (room is ResourceRoom.Reserve or ResourceRoom.Soon)
            {
                manager.Reclaim(path[i], of);
            }

            if (room is ResourceRoom.Soon or ResourceRoom.None)
            {
                Give(resource, amount, i);
                manager.Totals.Add(of, path[i].Kind);
                return path[i].Limits.NameOf(of);
            }
        }

        return null;
    }

    /// <summary>Gives back in the first so many scopes.</summary>
    private void Give(ResourceKind resource, long amount, int count)
    {
        for (var i = 0; i < count; i++)
        {
            path[i].Give(resource, amount);
        }
    }

    private bool TryChangeMemory(int bytes)
    {
        while (true)
        {
            var before = Volatile.Read(ref _memory);
            if (before == Gone)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _memory, before + bytes, before) == before)
            {
                return true;
            }
        }
    }

    private void ForgetIfGone()
    {
        if (IsGone)
        {
            manager.Forget(path, peerProtocols);
        }
    }
}
