using DChat.Core.Identity;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Identity;

public sealed class DeviceLogTests : IDisposable
{
    private readonly Household _house = new(devices: 20);

    private DeviceLog Log => _house.Log;

    private DeviceEntryId Head => Log.View.HeadId!.Value;

    public void Dispose() => _house.Dispose();

    [Fact]
    public void An_identity_begins_with_one_device_and_is_named_by_its_first_entry()
    {
        Assert.Equal(_house.Identity.Value, Household.Id(_house.First).Value);
        var device = Assert.Single(Log.View.Devices);
        Assert.Equal(_house.KeyOf(0), device.Device);
        Assert.Equal(_house.Devices[0].Box, device.Box);
        Assert.Equal(DeviceStanding.Active, device.Standing);
        Assert.Equal(_house.Recovery.PublicKey, Log.View.Recovery);
        Assert.False(Log.View.IsFrozen);
    }

    [Fact]
    public void A_device_may_begin_several_identities() =>
        Assert.NotEqual(Household.Id(_house.First), Household.Id(DeviceLogSigner.Begin(Given.Network, _house.Devices[0], null)));

    [Fact]
    public void A_device_of_the_identity_adds_others_and_they_add_more()
    {
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(_house.Devices[0]).Add(Log, _house.RequestOf(1))));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(_house.Devices[1]).Add(Log, _house.RequestOf(2))));

        Assert.Equal([_house.KeyOf(0), _house.KeyOf(1), _house.KeyOf(2)], Log.View.ActiveDevices.Select(device => device.Device));
        Assert.Equal(3ul, Log.View.Head);
    }

    [Fact]
    public void A_stranger_adds_and_revokes_nothing()
    {
        Assert.Equal(DeviceLogOutcome.NotPermitted, Log.Apply(_house.After(Head, 2, signer: 5, add: 5)));
        Assert.Equal(DeviceLogOutcome.NotPermitted, Log.Apply(_house.After(Head, 2, signer: 5, revoke: 0)));
        Assert.Equal(DeviceStanding.Unknown, Log.View.StandingOf(_house.KeyOf(5)));
    }

    [Fact]
    public void A_device_cannot_be_added_by_a_request_of_another_identity_network_or_device()
    {
        using var other = new Household();
        var elsewhere = DeviceLogSigner.Request(Given.Network, _house.Devices[3], other.Identity);
        var network = DeviceLogSigner.Request("dchat-else", _house.Devices[3], _house.Identity);
        var forged = _house.RequestOf(3).Message.Clone();
        forged.Signature = _house.RequestOf(4).Message.Signature;

        foreach (var request in new[] { elsewhere.Message, network.Message, forged })
        {
            var entry = new DeviceLogEntry { Identity = _house.Identity, Sequence = 2, Previous = Head, Signer = _house.KeyOf(0).Value, Added = request };
            Assert.Equal(DeviceLogOutcome.BadDevice, Log.Apply(Signed<DeviceLogEntry>.Sign(Given.Network, entry, _house.Devices[0].SigningKey)));
        }
    }

    [Fact]
    public void A_revoked_device_is_out_for_good_and_signs_nothing_more()
    {
        _house.AddUpTo(2);
        Log.Apply(DeviceLogSigner.Of(_house.Devices[1]).Revoke(Log, DeviceRevocation.Create(_house.KeyOf(0), [])));

        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(0)));
        Assert.Equal(DeviceLogOutcome.NotPermitted, Log.Apply(_house.After(Head, 5, signer: 0, add: 3)));
        Assert.Equal(DeviceLogOutcome.BadDevice, Log.Apply(_house.After(Head, 5, signer: 1, add: 0)));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(2)));
    }

    [Fact]
    public void What_is_out_of_place_is_refused_and_leaves_the_log_as_it_was()
    {
        _house.AddUpTo(1);
        var told = Household.Tell(Log.View);
        using var other = new Household(devices: 7);
        var root = Household.Id(_house.First);

        Assert.Equal(DeviceLogOutcome.Known, Log.Apply(_house.First));
        Assert.Equal(DeviceLogOutcome.Early, Log.Apply(_house.After(new DeviceEntryId(new Bytes32(Given.Bytes(32, 9))), 3, 0, add: 2)));
        Assert.Equal(DeviceLogOutcome.BadSequence, Log.Apply(_house.After(Head, 4, 0, add: 2)));
        Assert.Equal(DeviceLogOutcome.BadSequence, Log.Apply(_house.After(Head, 2, 0, add: 2)));
        Assert.Equal(DeviceLogOutcome.Foreign, Log.Apply(other.First));
        Assert.Equal(DeviceLogOutcome.UnknownDevice, Log.Apply(_house.After(Head, 3, 0, revoke: 2)));
        Assert.Equal(DeviceLogOutcome.NotPermitted, Log.Apply(_house.After(Head, 3, 0)));
        Assert.Equal(DeviceLogOutcome.NotPermitted, Log.Apply(_house.After(Head, 3, 0, add: 2, merged: [root])));
        Assert.Equal(told, Household.Tell(Log.View));
    }

    [Fact]
    public void An_identity_whose_recovery_key_is_its_first_device_is_none()
    {
        var entry = DeviceLogSigner.Begin(Given.Network, _house.Devices[0], _house.KeyOf(0).Value);

        Assert.Equal(DeviceLogOutcome.NotPermitted, new DeviceLog(Given.Network, new IdentityId(Household.Id(entry).Value)).Apply(entry));
    }

    [Fact]
    public void The_recovery_key_adds_a_device_when_all_are_lost()
    {
        Log.Apply(DeviceLogSigner.Of(_house.Devices[0]).Revoke(Log, DeviceRevocation.Create(_house.KeyOf(0), [])));
        Assert.Empty(Log.View.ActiveDevices);

        Log.Apply(DeviceLogSigner.Recovery(_house.Recovery).Add(Log, _house.RequestOf(1)));
        Assert.Equal(_house.KeyOf(1), Assert.Single(Log.View.ActiveDevices).Device);
    }
}
