using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Identity;

/// <summary>What receivers make of the messages of a device that is revoked.</summary>
public sealed class MessageStandingTests : IDisposable
{
    private static readonly AuthorKey Author = new(new Bytes32(Given.Bytes(32, 77)));
    private static readonly AuthorKey OtherAuthor = new(new Bytes32(Given.Bytes(32, 78)));

    private readonly Household _house = new();

    public MessageStandingTests() => _house.AddUpTo(3);

    private DeviceLog Log => _house.Log;

    public void Dispose() => _house.Dispose();

    [Fact]
    public void Of_an_active_device_everything_is_valid_and_of_a_stranger_nothing_is_said()
    {
        Assert.Equal(MessageStanding.Valid, Judge(1, Author, ulong.MaxValue));
        Assert.Equal(MessageStanding.Unknown, Judge(5, Author, 1));
    }

    [Theory]
    [InlineData(1ul, MessageStanding.Valid)]
    [InlineData(41ul, MessageStanding.Valid)]
    [InlineData(42ul, MessageStanding.Revoked)]
    [InlineData(ulong.MaxValue, MessageStanding.Revoked)]
    public void Of_a_revoked_device_what_came_up_to_the_named_sequence_is_valid(ulong sequence, MessageStanding expected)
    {
        Revoke(by: 0, new AuthorCutoff(Given.Topic, 0, Author, 41));

        Assert.Equal(expected, Judge(1, Author, sequence));
    }

    [Fact]
    public void What_a_revocation_does_not_name_is_not_valid()
    {
        Revoke(by: 0, new AuthorCutoff(Given.Topic, 0, Author, 41));
        var view = Log.View;
        var elsewhere = Topic.Private(Given.Network, "coffee", Given.Bytes(32, 8));

        Assert.Equal(MessageStanding.Revoked, Judge(1, OtherAuthor, 1));
        Assert.Equal(MessageStanding.Revoked, view.Judge(Given.Topic, _house.KeyOf(1), Author, keyGeneration: 1, 1));
        Assert.Equal(MessageStanding.Revoked, view.Judge(elsewhere, _house.KeyOf(1), Author, 0, 1));
    }

    [Fact]
    public void Every_signer_that_revoked_must_name_it_and_the_lowest_counts()
    {
        Revoke(by: 0, new AuthorCutoff(Given.Topic, 0, Author, 41), new AuthorCutoff(Given.Topic, 0, OtherAuthor, 5));
        Revoke(by: 0, new AuthorCutoff(Given.Topic, 0, Author, 40));
        Assert.Equal(MessageStanding.Valid, Judge(1, Author, 40));
        Assert.Equal(MessageStanding.Revoked, Judge(1, Author, 41));
        Assert.Equal(MessageStanding.Valid, Judge(1, OtherAuthor, 5));

        // A thief who revokes the stolen device as well, and names what was not written yet, gains nothing.
        Log.Apply(_house.After(Household.Id(Log.Entries[3]), 5, signer: 1, revoke: 1));
        Assert.Equal(MessageStanding.Revoked, Judge(1, Author, 40));
        Assert.Equal(MessageStanding.Revoked, Judge(1, OtherAuthor, 5));
    }

    [Fact]
    public void Nobody_who_lacks_the_topics_secret_can_tell_author_keys_or_sequences_and_nothing_repeats()
    {
        AuthorCutoff[] cutoffs = [new(Given.Topic, 0, Author, 41), new(Given.Topic, 3, Author, 41)];
        var one = DeviceRevocation.Create(_house.KeyOf(1), cutoffs);
        var other = DeviceRevocation.Create(_house.KeyOf(1), cutoffs);
        var guess = Topic.Private(Given.Network, "tea", Given.Bytes(32, 8));

        Assert.Equal(41ul, one.LastSequence(Given.Topic, 0, Author));
        Assert.Equal(41ul, one.LastSequence(Given.Topic, 3, Author));
        Assert.Null(one.LastSequence(guess, 0, Author));
        Assert.Null(one.LastSequence(Given.Topic, 1, Author));
        Assert.Equal(16, one.Cutoffs.Count);
        Assert.Empty(one.Cutoffs.Intersect(other.Cutoffs));
        Assert.Equal(32, DeviceRevocation.Create(_house.KeyOf(1), [.. Enumerable.Range(0, 17).Select(g => new AuthorCutoff(Given.Topic, (uint)g, Author, 1))]).Cutoffs.Count);
        Assert.Empty(DeviceRevocation.Create(_house.KeyOf(1), []).Cutoffs);
    }

    [Fact]
    public void A_message_of_a_device_added_in_a_fork_waits()
    {
        var head = Log.View.HeadId!.Value;
        Log.Apply(_house.After(head, 5, 0, add: 4));
        Log.Apply(_house.After(head, 5, 1, add: 5));

        Assert.Equal(MessageStanding.Suspended, Judge(4, Author, 1));
        Assert.Equal(MessageStanding.Valid, Judge(1, Author, 1));
    }

    private MessageStanding Judge(int device, AuthorKey author, ulong sequence) =>
        Log.View.Judge(Given.Topic, _house.KeyOf(device), author, 0, sequence);

    private void Revoke(int by, params AuthorCutoff[] cutoffs) => Assert.Equal(
        DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(_house.Devices[by]).Revoke(Log, DeviceRevocation.Create(_house.KeyOf(1), cutoffs))));
}
