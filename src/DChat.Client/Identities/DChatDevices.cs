using DChat.Abstractions.Grains;
using DChat.Client.Cluster;
using DChat.Client.Devices;
using DChat.Client.Telemetry;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Client.Identities;

/// <summary>The parts put together: logs, what is shared, and the client that reads topics.</summary>
internal sealed class DChatDevices : IDChatDevices
{
    private readonly IDChatClient _client;
    private readonly DeviceSecret _device;
    private readonly IIdentityStore _store;
    private readonly IdentityBook _book;
    private readonly StateExchange _states;
    private readonly SharedBook _shared;

    public DChatDevices(
        IDChatClient client, ICluster cluster, DeviceSecret device, IIdentityStore store, IdentityBook book, DChatClientOptions options, TimeProvider time)
    {
        _client = client;
        _device = device;
        _store = store;
        _book = book;
        _shared = new SharedBook(store, device.PublicKey, time);
        var retry = new RetryPolicy(time, options.CallTimeout, () => ClientInstruments.Retries.Add(1));
        _states = new StateExchange(cluster, store, device, _shared.Clock, retry, options.RetryTimeout);
    }

    /// <inheritdoc/>
    public IdentityId? Identity => _store.Read().Identity;

    /// <inheritdoc/>
    public IReadOnlyList<IdentityId> Followed => [.. _store.Read().Followed.OrderBy(identity => identity.Value)];

    /// <inheritdoc/>
    public DeviceLogView View(IdentityId identity) => _book.View(identity);

    /// <inheritdoc/>
    public async Task<IdentityId> CreateAsync(Bytes32? recovery, CancellationToken cancellationToken)
    {
        var network = await NetworkAsync(cancellationToken).ConfigureAwait(false);
        var first = DeviceLogSigner.Begin(network, _device, recovery);
        var identity = new IdentityId(DeviceEntryId.Of(first).Value);
        await TakeIdentityAsync(network, identity, cancellationToken).ConfigureAwait(false);
        await _book.AddAsync(new DeviceLog(network, identity), first, cancellationToken).ConfigureAwait(false);
        await SyncAsync(cancellationToken).ConfigureAwait(false);
        return identity;
    }

    /// <inheritdoc/>
    public async Task<string> RequestAsync(IdentityId identity, CancellationToken cancellationToken)
    {
        var network = await NetworkAsync(cancellationToken).ConfigureAwait(false);
        await TakeIdentityAsync(network, identity, cancellationToken).ConfigureAwait(false);
        return DeviceRequestText.Create(DeviceLogSigner.Request(network, _device, identity));
    }

    /// <inheritdoc/>
    public async Task<DeviceKey> AddAsync(string request, string? name, SigningKey? recovery, CancellationToken cancellationToken)
    {
        var log = await OwnLogAsync(cancellationToken).ConfigureAwait(false);
        var asked = DeviceRequestText.TryParse(request, log.Network) ?? throw new DChatException(
            DChatErrorCodes.DeviceRequestInvalid, $"This is no request of a device in network {log.Network}, or it is damaged: copy it again in full.");
        if (asked.Statement.Identity != log.Identity)
        {
            throw new DChatException(
                DChatErrorCodes.DeviceRequestForeign, $"The request is for identity {asked.Statement.Identity}, and this device's is {log.Identity}.");
        }

        await _book.AddAsync(log, Signer(recovery).Add(log, asked), cancellationToken).ConfigureAwait(false);
        if (name is not null)
        {
            await _shared.SetNameAsync(asked.Statement.Device, name, cancellationToken).ConfigureAwait(false);
        }

        await SyncAsync(cancellationToken).ConfigureAwait(false);
        return asked.Statement.Device;
    }

    /// <inheritdoc/>
    public async Task<int> RevokeAsync(DeviceKey device, IEnumerable<Topic>? topics, SigningKey? recovery, CancellationToken cancellationToken)
    {
        var log = await OwnLogAsync(cancellationToken).ConfigureAwait(false);
        var book = _store.Topics?.Read().Select(entry => entry.Value).Where(topic => topic.Network == log.Network) ?? [];
        var cutoffs = await CutoffScan.FindAsync(_client, device, [.. book, .. topics ?? []], cancellationToken).ConfigureAwait(false);
        var named = 0;
        do
        {
            AuthorCutoff[] some = [.. cutoffs.Skip(named).Take(DeviceLogLimits.MaxCutoffs)];
            try
            {
                await _book.AddAsync(log, Signer(recovery).Revoke(log, DeviceRevocation.Create(device, some)), cancellationToken).ConfigureAwait(false);
            }
            catch (DChatException failure) when (failure.Code == DChatErrorCodes.DeviceLogRefused && named > 0)
            {
                // The device is revoked; a signer may only name so many author keys.
                break;
            }

            named += some.Length;
        }
        while (named < cutoffs.Count);

        await SyncAsync(cancellationToken).ConfigureAwait(false);
        return named;
    }

    /// <inheritdoc/>
    public async Task SettleAsync(DeviceEntryId kept, bool keepsRevocations, SigningKey recovery, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(recovery);
        var log = await OwnLogAsync(cancellationToken).ConfigureAwait(false);
        await _book.AddAsync(log, Signer(recovery).Settle(log, kept, keepsRevocations), cancellationToken).ConfigureAwait(false);
        await SyncAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<DeviceLogView> FollowAsync(IdentityId identity, CancellationToken cancellationToken)
    {
        var network = await NetworkAsync(cancellationToken).ConfigureAwait(false);
        await _store.UpdateAsync(
            record => record.Followed.Contains(identity) ? record
                : record.Followed.Count == IDChatDevices.MaxFollowed
                    ? throw new DChatException(DChatErrorCodes.TooManyIdentities, $"{IDChatDevices.MaxFollowed} identities are followed, the most there may be.")
                : record with { Network = network, Followed = record.Followed.Add(identity) },
            cancellationToken).ConfigureAwait(false);
        return (await _book.SyncAsync(network, identity, cancellationToken).ConfigureAwait(false)).View;
    }

    /// <inheritdoc/>
    public async Task<DeviceSyncReport> SyncAsync(CancellationToken cancellationToken)
    {
        var network = await NetworkAsync(cancellationToken).ConfigureAwait(false);
        var record = _store.Read();
        foreach (var followed in record.Followed)
        {
            await _book.SyncAsync(network, followed, cancellationToken).ConfigureAwait(false);
        }

        if (record.Identity is not { } identity)
        {
            return new DeviceSyncReport(DeviceStanding.Unknown, 0, false, 0);
        }

        var view = (await _book.SyncAsync(network, identity, cancellationToken).ConfigureAwait(false)).View;
        var standing = view.StandingOf(_device.PublicKey);
        if (standing != DeviceStanding.Active)
        {
            return new DeviceSyncReport(standing, 0, false, 0);
        }

        var read = await _states.ReadAsync(view, network, cancellationToken).ConfigureAwait(false);
        var topics = await TopicExchange.RunAsync(_store, _device.PublicKey, _shared.Clock, cancellationToken).ConfigureAwait(false);
        var isWritten = await _states.WriteAsync(view, network, cancellationToken).ConfigureAwait(false);
        return new DeviceSyncReport(standing, read, isWritten, topics);
    }

    /// <inheritdoc/>
    public string? NameOf(DeviceKey device) => _shared.NameOf(device);

    /// <inheritdoc/>
    public ReadMarker? ReadMarkerOf(Topic topic) => _shared.ReadMarkerOf(topic);

    /// <inheritdoc/>
    public Task MarkReadAsync(ReceivedMessage through, CancellationToken cancellationToken) => _shared.MarkReadAsync(through, cancellationToken);

    /// <inheritdoc/>
    public bool IsMuted(Topic topic) => _shared.IsMuted(topic);

    /// <inheritdoc/>
    public Task SetMutedAsync(Topic topic, bool isMuted, CancellationToken cancellationToken) => _shared.SetMutedAsync(topic, isMuted, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<string> Field(string name) => _shared.Field(name);

    /// <inheritdoc/>
    public Task WriteFieldAsync(string name, string value, CancellationToken cancellationToken) => _shared.WriteFieldAsync(name, value, cancellationToken);

    private DeviceLogSigner Signer(SigningKey? recovery) => recovery is null ? DeviceLogSigner.Of(_device) : DeviceLogSigner.Recovery(recovery);

    private async Task<string> NetworkAsync(CancellationToken cancellationToken)
    {
        var network = (await _client.DescribeNetworkAsync(cancellationToken).ConfigureAwait(false)).Network;
        return _store.Read().Network is { } known && known != network
            ? throw new DChatException(DChatErrorCodes.WrongNetwork, $"The identities kept here are of network {known}, but the cluster serves {network}.")
            : network;
    }

    private async Task<DeviceLog> OwnLogAsync(CancellationToken cancellationToken)
    {
        var network = await NetworkAsync(cancellationToken).ConfigureAwait(false);
        return await _book.SyncAsync(
            network,
            Identity ?? throw new DChatException(DChatErrorCodes.DeviceWithoutIdentity, "This device has no identity: begin one, or ask to be added to one."),
            cancellationToken).ConfigureAwait(false);
    }

    // A request may be repeated, also for another identity, as long as nobody has taken it.
    private async Task TakeIdentityAsync(string network, IdentityId identity, CancellationToken cancellationToken) => await _store.UpdateAsync(
        record => record.Identity is { } known && known != identity && View(known).StandingOf(_device.PublicKey) != DeviceStanding.Unknown
            ? throw new DChatException(DChatErrorCodes.DeviceHasIdentity, $"This device belongs to identity {known}: another takes another home directory.")
            : record with { Network = network, Identity = identity },
        cancellationToken).ConfigureAwait(false);
}
