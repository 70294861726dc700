using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Testing.Clusters;

namespace DChat.Cluster.Tests.Identity;

public sealed class DeviceStateGrainTests : IClassFixture<TestClusterFixture>, IAsyncLifetime, IDisposable
{
    private readonly TestCluster _cluster;
    private readonly DeviceSecret _phone = DeviceSecret.Generate();
    private readonly DeviceSecret _laptop = DeviceSecret.Generate();
    private readonly DeviceLog _log;

    public DeviceStateGrainTests(TestClusterFixture fixture)
    {
        _cluster = fixture.Cluster;
        var first = DeviceLogSigner.Begin(Network, _phone, recovery: null);
        _log = new DeviceLog(Network, new IdentityId(DeviceEntryId.Of(first).Value));
        _log.Apply(first);
        _log.Apply(DeviceLogSigner.Of(_phone).Add(_log, DeviceLogSigner.Request(Network, _laptop, _log.Identity)));
    }

    private static string Network => TestCluster.Network.Network;

    private IIdentityGrain Identity => _cluster.Client.GetGrain<IIdentityGrain>(GrainKeys.Identity(Network, _log.Identity));

    public async ValueTask InitializeAsync() => await AppendAsync();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
    }

    [Fact]
    public async Task The_latest_state_of_a_device_is_kept_whatever_the_order()
    {
        var grain = StateOf(_phone);
        var (old, later) = (Seal(_phone, 1), Seal(_phone, 2));

        Assert.Null(await grain.WriteAsync(new SealedStateBytes(later)));
        Assert.Equal(later, (await grain.WriteAsync(new SealedStateBytes(old)))!.Signed);
        Assert.Null(await grain.WriteAsync(new SealedStateBytes(later)));
        await _cluster.SiloClient.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Equal(later, (await grain.ReadAsync(new SealedStateQuery(null))).Signed);
        Assert.Equal(new SealedStateReply(null, IsKnown: true), await grain.ReadAsync(new SealedStateQuery(SHA256.HashData(later))));
        Assert.Equal(later, (await grain.ReadAsync(new SealedStateQuery(SHA256.HashData(old)))).Signed);
        Assert.Equal(new SealedStateReply(null, IsKnown: false), await StateOf(_laptop).ReadAsync(new SealedStateQuery(null)));
    }

    [Fact]
    public async Task Only_the_device_itself_writes_its_state_and_only_to_its_identity()
    {
        using var stranger = DeviceSecret.Generate();
        var forged = Seal(_phone, 1);
        forged[^1] ^= 1;

        await RefusedAsync(_laptop, Seal(_phone, 1), "device-state-malformed");
        await RefusedAsync(_phone, forged, "device-state-malformed");
        await RefusedAsync(_phone, [1, 2, 3], "device-state-malformed");
        await RefusedAsync(_phone, Seal(_phone, 1, new IdentityId(default)), "device-state-malformed");
        await RefusedAsync(stranger, Seal(stranger, 1), "device-not-active");
    }

    [Fact]
    public async Task A_revoked_devices_state_is_forgotten_and_it_writes_no_other()
    {
        await StateOf(_laptop).WriteAsync(new SealedStateBytes(Seal(_laptop, 1)));
        _log.Apply(DeviceLogSigner.Of(_phone).Revoke(_log, DeviceRevocation.Create(_laptop.PublicKey, [])));
        await AppendAsync();

        Assert.Null((await StateOf(_laptop).ReadAsync(new SealedStateQuery(null))).Signed);
        await RefusedAsync(_laptop, Seal(_laptop, 2), "device-not-active");
    }

    [Fact]
    public async Task The_longest_state_fits()
    {
        var state = DeviceStateSeal.Seal(Network, _phone, _log.Identity, new HybridTimestamp(1), [_laptop.Box], new byte[DeviceStateSeal.MaxContentLength]).Encode();

        Assert.Null(await StateOf(_phone).WriteAsync(new SealedStateBytes(state)));
        await RefusedAsync(_phone, [.. state, .. new byte[8192]], "device-state-malformed");
    }

    private async Task AppendAsync() => await Identity.AppendAsync(new DeviceLogEntries([.. _log.Entries.Select(entry => entry.Encode())]));

    private IDeviceStateGrain StateOf(DeviceSecret device) =>
        _cluster.Client.GetGrain<IDeviceStateGrain>(GrainKeys.DeviceState(Network, _log.Identity, device.PublicKey));

    private byte[] Seal(DeviceSecret device, ulong time, IdentityId? identity = null) =>
        DeviceStateSeal.Seal(Network, device, identity ?? _log.Identity, new HybridTimestamp(time), [_phone.Box, _laptop.Box], "state"u8).Encode();

    private async Task RefusedAsync(DeviceSecret slot, byte[] state, string code)
    {
        var fault = await Assert.ThrowsAsync<DChatException>(() => StateOf(slot).WriteAsync(new SealedStateBytes(state)));
        Assert.Equal(code, fault.Code);
    }
}
