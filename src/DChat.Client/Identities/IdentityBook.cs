using System.Collections.Concurrent;
using System.Collections.Immutable;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Client.Cluster;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Sealing;
using DChat.Core.Statements;
using DChat.Core.Topics;

namespace DChat.Client.Identities;

/// <summary>
/// The device logs that are known here, and what they say of messages. Logs are read anew when they are older than
/// <see cref="Freshness"/>, so a revocation is heard of without being asked for. Thread-safe.
/// </summary>
internal sealed class IdentityBook(ICluster cluster, IIdentityStore store, RetryPolicy retry, TimeProvider time, TimeSpan limit) : IDisposable
{
    /// <summary>How old a log may be when messages are opened.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<IdentityId, int> _readSoFar = [];
    private readonly ConcurrentDictionary<IdentityId, KnownLog> _known = [];
    private ImmutableDictionary<IdentityId, DeviceLogView> _views = ImmutableDictionary<IdentityId, DeviceLogView>.Empty;
    private ImmutableDictionary<DeviceKey, ImmutableArray<DeviceLogView>> _byDevice = ImmutableDictionary<DeviceKey, ImmutableArray<DeviceLogView>>.Empty;
    private long _staleAt = long.MinValue;

    /// <summary>What the log of an identity says, as it is known here.</summary>
    public DeviceLogView View(IdentityId identity) => Known(identity, store.Read().Network ?? "").View;

    /// <summary>The log of an identity as it is known here; the caller's own copy.</summary>
    public DeviceLog Load(IdentityId identity)
    {
        var network = store.Read().Network ?? "";
        return DeviceLog.Of(network, identity, Known(identity, network).Entries);
    }

    /// <summary>What the known logs say of a message: of several the worst.</summary>
    public (MessageStanding Standing, IdentityId? Identity) Judge(Topic topic, OpenedMessage message)
    {
        var worst = (Standing: MessageStanding.Unknown, Identity: (IdentityId?)null);
        foreach (var view in Volatile.Read(ref _byDevice).GetValueOrDefault(message.DeviceKey, []))
        {
            var standing = view.Judge(topic, message.DeviceKey, message.AuthorKey, message.KeyGeneration, message.Sequence);
            worst = standing > worst.Standing ? (standing, view.Identity) : worst;
        }

        return worst;
    }

    /// <summary>Reads the logs anew that are not fresh. What may pass is passed over: what was known stands until the next time.</summary>
    public async ValueTask FreshenAsync(string network, CancellationToken cancellationToken)
    {
        // Whoever holds the gate brings logs up to date: nobody waits for that to read messages.
        if (time.GetTimestamp() < Interlocked.Read(ref _staleAt) || !await _gate.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            var record = store.Read();
            foreach (var identity in record.Network == network ? record.Known : [])
            {
                await PullAsync(identity, network, attempts: TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
        }
        finally
        {
            Interlocked.Exchange(ref _staleAt, time.GetTimestamp() + (long)(Freshness.TotalSeconds * time.TimestampFrequency));
            Remember(store.Read().Known);
            _gate.Release();
        }
    }

    /// <summary>Brings a log together with the cluster's: each gets what it lacks.</summary>
    public async Task<DeviceLog> SyncAsync(string network, IdentityId identity, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _readSoFar.Remove(identity);
            var there = await PullAsync(identity, network, limit, cancellationToken).ConfigureAwait(false);
            var log = Load(identity);
            await PushAsync(log, [.. log.Entries.Where(entry => !there.Contains(DeviceEntryId.Of(entry)))], cancellationToken).ConfigureAwait(false);
            return log;
        }
        finally
        {
            Remember([identity]);
            _gate.Release();
        }
    }

    /// <summary>Adds an entry of our own, here and in the cluster.</summary>
    public async Task AddAsync(DeviceLog log, Signed<DeviceLogEntry> entry, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // First here: an entry that was sent and forgotten would be a fork with the next one.
            await store.AddToLogAsync(log.Identity, [entry.Encode()], cancellationToken).ConfigureAwait(false);
            log.Apply(entry);
            await PushAsync(log, [entry], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Remember([log.Identity]);
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<HashSet<DeviceEntryId>> PullAsync(IdentityId identity, string network, TimeSpan attempts, CancellationToken cancellationToken)
    {
        HashSet<DeviceEntryId> read = [];
        var skip = _readSoFar.GetValueOrDefault(identity);
        DeviceLogPage page;
        do
        {
            page = await retry.RunAsync(() => cluster.ReadDeviceLogAsync(network, identity, skip), attempts, cancellationToken).ConfigureAwait(false);
            skip += page.Entries.Length;
            List<byte[]> holding = [];
            foreach (var bytes in page.Entries)
            {
                if (Signed<DeviceLogEntry>.TryRead(bytes, network, out var entry) == StatementFault.None)
                {
                    holding.Add(bytes);
                    read.Add(DeviceEntryId.Of(entry!));
                }
            }

            await KeepAsync(network, identity, holding, cancellationToken).ConfigureAwait(false);
        }
        while (page.Entries.Length > 0 && skip < page.Total);
        _readSoFar[identity] = skip;
        return read;
    }

    // The cluster is not to be believed: only what holds in the log is kept.
    private async ValueTask KeepAsync(string network, IdentityId identity, List<byte[]> entries, CancellationToken cancellationToken)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var log = Load(identity);
        List<byte[]> kept = [];
        foreach (var bytes in entries)
        {
            Signed<DeviceLogEntry>.TryRead(bytes, network, out var entry);
            if (log.Apply(entry!) == DeviceLogOutcome.Kept)
            {
                kept.Add(bytes);
            }
        }

        if (kept.Count > 0)
        {
            await store.AddToLogAsync(identity, kept, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task PushAsync(DeviceLog log, IReadOnlyList<Signed<DeviceLogEntry>> entries, CancellationToken cancellationToken)
    {
        List<byte[]> batch = [];
        foreach (var entry in entries.Select(entry => entry.Encode()))
        {
            if (batch.Count == DeviceLogEntries.MaxCount || batch.Sum(other => other.Length) + entry.Length > DeviceLogEntries.MaxBytes)
            {
                await SendAsync(log, batch, cancellationToken).ConfigureAwait(false);
                batch = [];
            }

            batch.Add(entry);
        }

        if (batch.Count > 0)
        {
            await SendAsync(log, batch, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<DeviceLogReply> SendAsync(DeviceLog log, List<byte[]> batch, CancellationToken cancellationToken) => retry.RunAsync(
        () => cluster.AppendDeviceLogAsync(log.Network, log.Identity, new DeviceLogEntries([.. batch])), limit, cancellationToken);

    // To verify a log takes longer than to read it, and others may have added to it: it is verified again when it has grown.
    private KnownLog Known(IdentityId identity, string network)
    {
        var stored = store.ReadLog(identity);
        if (_known.TryGetValue(identity, out var known) && known.Stored == stored.Count && known.Network == network)
        {
            return known;
        }

        var entries = stored.Select(bytes => Signed<DeviceLogEntry>.TryRead(bytes, network, out var entry) == StatementFault.None ? entry : null);
        var log = DeviceLog.Of(network, identity, entries.OfType<Signed<DeviceLogEntry>>());
        known = new KnownLog(network, stored.Count, log.Entries, log.View);
        return stored.Count == 0 ? known : _known[identity] = known;
    }

    // Under the gate.
    private void Remember(IEnumerable<IdentityId> changed)
    {
        var followed = store.Read().Known.ToHashSet();
        _views = _views.RemoveRange(_views.Keys.Where(identity => !followed.Contains(identity)))
            .SetItems(changed.Where(followed.Contains).Select(identity => KeyValuePair.Create(identity, View(identity))));
        Volatile.Write(
            ref _byDevice,
            _views.Values.SelectMany(view => view.Devices.Select(device => (device.Device, View: view)))
                .GroupBy(pair => pair.Device, pair => pair.View)
                .ToImmutableDictionary(group => group.Key, group => group.OrderBy(view => view.Identity.Value).ToImmutableArray()));
    }

    private sealed record KnownLog(string Network, int Stored, IReadOnlyList<Signed<DeviceLogEntry>> Entries, DeviceLogView View);
}
