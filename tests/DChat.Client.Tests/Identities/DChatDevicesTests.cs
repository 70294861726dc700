using System.Text;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using DChat.Core.Identity;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Identities;

public sealed class DChatDevicesTests
{
    private static readonly Topic Topic = Topic.Private(FakeCluster.Network, "tea", new byte[32]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_device_asks_one_of_the_identity_adds_it_and_it_takes_over_what_they_share()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 1);
        await person[0].Devices.SetMutedAsync(Topic, true, Token);
        await person[0].Devices.WriteFieldAsync("display-name", "Anna", Token);

        await person.AddAsync(1, name: "phone");

        Assert.Equal(person[0].Devices.Identity, person[1].Devices.Identity);
        Assert.Equal("phone", person[1].Devices.NameOf(person.KeyOf(1)));
        Assert.Null(person[1].Devices.NameOf(person.KeyOf(0)));
        Assert.True(person[1].Devices.IsMuted(Topic));
        Assert.Equal(["Anna"], person[1].Devices.Field("display-name"));
        var view = person[1].Devices.View(person[1].Devices.Identity!.Value);
        Assert.Equal([person.KeyOf(0), person.KeyOf(1)], view.ActiveDevices.Select(device => device.Device));
    }

    [Fact]
    public async Task Before_it_is_added_a_device_knows_where_it_stands_and_seals_nothing()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 1);
        await person[1].Devices.RequestAsync(person[0].Devices.Identity!.Value, Token);

        Assert.Equal(new DeviceSyncReport(DeviceStanding.Unknown, 0, false, 0), await person[1].Devices.SyncAsync(Token));
        Assert.DoesNotContain(person.KeyOf(1), person.Cluster.SealedStates.Keys);
    }

    [Fact]
    public async Task A_read_marker_is_the_same_on_all_devices()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 2);
        await person[0].Api.PublishAsync(Topic, "hello", cancellationToken: Token);
        var message = (await person[1].Api.FetchAsync(Topic, cancellationToken: Token)).Messages.Single();

        await person[1].Devices.MarkReadAsync(message, Token);
        await person[1].Devices.SyncAsync(Token);
        Assert.Null(person[0].Devices.ReadMarkerOf(Topic));
        Assert.Equal(1, (await person[0].Devices.SyncAsync(Token)).StatesRead);

        Assert.Equal(new ReadMarker(message.Hlc, message.MessageId, message.Position), person[0].Devices.ReadMarkerOf(Topic));
    }

    [Fact]
    public async Task Notes_of_devices_that_did_not_know_of_each_other_stand_side_by_side_until_one_writes_again()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 2);
        await person[0].Devices.WriteFieldAsync("name", "Anna", Token);
        await person[1].Devices.WriteFieldAsync("name", "Anne", Token);
        await SyncAllAsync(person, 2);

        Assert.Equal(["Anna", "Anne"], person[0].Devices.Field("name").Order());
        Assert.Equal(person[0].Devices.Field("name"), person[1].Devices.Field("name"));
        await person[1].Devices.WriteFieldAsync("name", "Annika", Token);
        await SyncAllAsync(person, 2);
        Assert.Equal(["Annika"], person[0].Devices.Field("name"));
    }

    [Fact]
    public async Task Who_has_nothing_to_tell_seals_nothing()
    {
        await using var person = await Person.StartAsync(devices: 3, added: 3);
        await SyncAllAsync(person, 3);
        var before = person.Cluster.SealedStates.ToDictionary();

        for (var device = 0; device < 3; device++)
        {
            Assert.Equal(new DeviceSyncReport(DeviceStanding.Active, 0, false, 0), await person[device].Devices.SyncAsync(Token));
        }

        Assert.Equal(before, person.Cluster.SealedStates);
    }

    [Fact]
    public async Task What_the_cluster_has_lost_is_brought_again()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 2);
        await person[0].Devices.SetMutedAsync(Topic, true, Token);
        await SyncAllAsync(person, 2);
        person.Cluster.ForgetIdentities();

        Assert.True((await person[1].Devices.SyncAsync(Token)).IsWritten);

        Assert.Equal(2, person.Cluster.LogOf(person[0].Devices.Identity!.Value).Entries.Count);
        Assert.Equal(DeviceStanding.Active, (await person[0].Devices.SyncAsync(Token)).Standing);
    }

    [Fact]
    public async Task A_relay_finds_nothing_of_what_is_shared_in_what_is_sealed_and_a_revoked_device_opens_nothing_new()
    {
        await using var person = await Person.StartAsync(devices: 3, added: 3);
        await person[0].Devices.RevokeAsync(person.KeyOf(2), cancellationToken: Token);
        await person[0].Devices.WriteFieldAsync("a-secret-name", "a-secret-text", Token);
        await SyncAllAsync(person, 2);

        foreach (var state in person.Cluster.SealedStates.Where(entry => entry.Key != person.KeyOf(2)).Select(entry => entry.Value))
        {
            Assert.Equal(-1, state.AsSpan().IndexOf("a-secret"u8));
            Assert.Equal(-1, state.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Topic.Tag.ToString())));
            Core.Statements.Signed<SealedDeviceState>.TryRead(state, FakeCluster.Network, out var signed);
            Assert.Equal(2, signed!.Statement.SealedKeys.Count);
        }

        Assert.Equal(DeviceStanding.Revoked, (await person[2].Devices.SyncAsync(Token)).Standing);
        Assert.Empty(person[2].Devices.Field("a-secret-name"));
        Assert.Equal(["a-secret-text"], person[1].Devices.Field("a-secret-name"));
    }

    [Fact]
    public async Task While_the_log_is_forked_nothing_is_added_devices_are_revoked_and_the_recovery_key_settles_it()
    {
        await using var person = await Person.StartAsync(devices: 4, added: 2);
        var identity = person[0].Devices.Identity!.Value;
        var cluster = person.Cluster.LogOf(identity);
        var parted = DeviceLog.Of(FakeCluster.Network, identity, cluster.Entries);
        await person.AddAsync(2);
        var kept = cluster.View.HeadId!.Value;
        using var thief = DeviceSecret.Generate();
        cluster.Apply(DeviceLogSigner.Of(person.SecretOf(1)).Add(parted, DeviceLogSigner.Request(FakeCluster.Network, thief, identity)));

        Assert.Equal(DeviceStanding.Suspended, (await person[2].Devices.SyncAsync(Token)).Standing);
        await person[0].Devices.SyncAsync(Token);
        Assert.Contains(kept, person[0].Devices.View(identity).Forks.Single().Entries);
        var request = await person[3].Devices.RequestAsync(identity, Token);
        await RefusedAsync(DChatErrorCodes.DeviceLogFrozen, () => person[0].Devices.AddAsync(request, cancellationToken: Token));
        await person[0].Devices.RevokeAsync(person.KeyOf(1), cancellationToken: Token);
        Assert.Equal(DeviceStanding.Revoked, person[0].Devices.View(identity).StandingOf(person.KeyOf(1)));

        await person[0].Devices.SettleAsync(kept, keepsRevocations: true, person.Recovery, Token);

        Assert.Equal(DeviceStanding.Active, (await person[2].Devices.SyncAsync(Token)).Standing);
        Assert.Equal(DeviceStanding.Revoked, (await person[1].Devices.SyncAsync(Token)).Standing);
        Assert.Equal(DeviceStanding.Unknown, person[2].Devices.View(identity).StandingOf(thief.PublicKey));
        await person[2].Devices.AddAsync(request, cancellationToken: Token);
    }

    [Fact]
    public async Task A_device_without_an_identity_a_wrong_request_and_a_second_identity_are_refused()
    {
        await using var person = await Person.StartAsync(devices: 3, added: 1);
        await using var stranger = await Person.StartAsync(devices: 1, added: 1);
        var request = await person[1].Devices.RequestAsync(stranger[0].Devices.Identity!.Value, Token);

        await RefusedAsync(DChatErrorCodes.DeviceWithoutIdentity, () => person[2].Devices.AddAsync(request, cancellationToken: Token));
        await RefusedAsync(DChatErrorCodes.DeviceRequestInvalid, () => person[0].Devices.AddAsync(request[..^1], cancellationToken: Token));
        await RefusedAsync(DChatErrorCodes.DeviceRequestForeign, () => person[0].Devices.AddAsync(request, cancellationToken: Token));
        await RefusedAsync(DChatErrorCodes.DeviceHasIdentity, () => person[0].Devices.CreateAsync(null, Token));
        await RefusedAsync(DChatErrorCodes.DeviceHasIdentity, () => person[0].Devices.RequestAsync(stranger[0].Devices.Identity!.Value, Token));
        await RefusedAsync(DChatErrorCodes.DeviceLogRefused, () => person[0].Devices.RevokeAsync(person.KeyOf(2), cancellationToken: Token));
    }

    [Fact]
    public async Task The_recovery_key_adds_a_new_device_when_all_are_lost()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 1);
        var request = await person[1].Devices.RequestAsync(person[0].Devices.Identity!.Value, Token);

        await person[1].Devices.AddAsync(request, recovery: person.Recovery, cancellationToken: Token);

        Assert.Equal(DeviceStanding.Active, (await person[1].Devices.SyncAsync(Token)).Standing);
    }

    [Fact]
    public async Task What_is_too_long_to_exchange_is_said_and_kept_here()
    {
        await using var person = await Person.StartAsync(devices: 1, added: 1);
        for (var i = 0; i < 480; i++)
        {
            await person[0].Devices.WriteFieldAsync($"note {i}", new string('x', SharedState.MaxValueLength), Token);
        }

        await person[0].Devices.SyncAsync(Token);
        for (var i = 480; i < 500; i++)
        {
            await person[0].Devices.WriteFieldAsync($"note {i}", new string('x', SharedState.MaxValueLength), Token);
        }

        await RefusedAsync(DChatErrorCodes.SharedStateFull, () => person[0].Devices.SyncAsync(Token));
        Assert.Single(person[0].Devices.Field("note 499"));
    }

    private static async Task SyncAllAsync(Person person, int devices)
    {
        for (var round = 0; round < 2; round++)
        {
            for (var device = 0; device < devices; device++)
            {
                await person[device].Devices.SyncAsync(Token);
            }
        }
    }

    private static async Task RefusedAsync(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAsync<DChatException>(call)).Code);
}
