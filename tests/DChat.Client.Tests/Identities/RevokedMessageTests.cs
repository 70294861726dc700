using DChat.Client.Identities;
using DChat.Client.Tests.Fakes;
using DChat.Core.Identity;
using DChat.Core.Topics;

namespace DChat.Client.Tests.Identities;

/// <summary>What receivers see of the messages of a device that is revoked.</summary>
public sealed class RevokedMessageTests
{
    private static readonly Topic Topic = Topic.Private(FakeCluster.Network, "tea", new byte[32]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_device_wrote_before_it_was_revoked_stays_valid_and_what_it_writes_then_is_flagged()
    {
        await using var person = await Person.StartAsync(devices: 3, added: 2);
        var reader = person[2];
        await reader.Devices.FollowAsync(person[0].Devices.Identity!.Value, Token);
        await PublishAsync(person[1], "one");
        await PublishAsync(person[1], "two");

        Assert.Equal(1, await person[0].Devices.RevokeAsync(person.KeyOf(1), [Topic], cancellationToken: Token));
        await PublishAsync(person[1], "three");
        await PublishAsync(person[0], "four");
        await reader.Devices.SyncAsync(Token);

        var messages = (await reader.Api.FetchAsync(Topic, cancellationToken: Token)).Messages;
        Assert.Equal(
            [("one", MessageStanding.Valid), ("two", MessageStanding.Valid), ("three", MessageStanding.Revoked), ("four", MessageStanding.Valid)],
            messages.Select(message => (message.GetText(), message.Standing)));
        Assert.All(messages, message => Assert.Equal(person[0].Devices.Identity, message.Identity));
    }

    [Fact]
    public async Task Of_a_device_of_nobody_known_nothing_is_said()
    {
        await using var person = await Person.StartAsync(devices: 2, added: 1);
        await PublishAsync(person[0], "hello");

        var message = (await person[1].Api.FetchAsync(Topic, cancellationToken: Token)).Messages.Single();

        Assert.Equal(MessageStanding.Unknown, message.Standing);
        Assert.Null(message.Identity);
    }

    [Fact]
    public async Task A_revocation_is_heard_of_within_a_minute_without_being_asked_for()
    {
        await using var person = await Person.StartAsync(devices: 3, added: 2);
        var reader = person[2];
        await reader.Devices.FollowAsync(person[0].Devices.Identity!.Value, Token);
        await PublishAsync(person[1], "one");
        await reader.Api.FetchAsync(Topic, cancellationToken: Token);
        await person[0].Devices.RevokeAsync(person.KeyOf(1), cancellationToken: Token);
        var reads = person.Cluster.LogReads;

        Assert.Equal(MessageStanding.Valid, (await reader.Api.FetchAsync(Topic, cancellationToken: Token)).Messages[0].Standing);
        Assert.Equal(reads, person.Cluster.LogReads);
        person.Time.Advance(IdentityBook.Freshness);
        Assert.Equal(MessageStanding.Revoked, (await reader.Api.FetchAsync(Topic, cancellationToken: Token)).Messages[0].Standing);
    }

    private static Task<PublishReceipt> PublishAsync(TestClient device, string text) => device.Api.PublishAsync(Topic, text, cancellationToken: Token);
}
