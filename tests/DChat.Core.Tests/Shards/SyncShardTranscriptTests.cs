namespace DChat.Core.Tests.Shards;

/// <summary>What becomes of offers: transcripts of the machine.</summary>
public sealed class SyncShardTranscriptTests
{
    [Fact]
    public void An_offer_settles_only_when_its_append_is_durable() => ShardTranscript.Replay("""
        > offer a 1 2
        a waits for append 1
        > begin
        append 1: 1 2
        > begin
        nothing to append
        > durable
        run 1: 1 2 by Push
        a = 1 2
        """);

    [Fact]
    public void A_duplicate_of_a_pending_message_waits_for_its_first_copy() => ShardTranscript.Replay("""
        > offer a 1
        a waits for append 1
        > begin
        append 1: 1
        > offer b 1
        b waits for append 1
        > durable
        run 1: 1 by Push
        a = 1
        b = 1*
        > begin
        nothing to append
        """);

    [Fact]
    public void A_duplicate_of_a_durable_message_has_its_position_at_once() => ShardTranscript.Replay("""
        > offer a 1 2
        a waits for append 1
        > begin
        append 1: 1 2
        > durable
        run 1: 1 2 by Push
        a = 1 2
        > offer b 2
        b = 2*
        """);

    [Fact]
    public void A_message_twice_in_one_offer_is_kept_once() => ShardTranscript.Replay("""
        > offer a 7 7
        a waits for append 1
        > begin
        append 1: 7
        > durable
        run 1: 7 by Push
        a = 1 1*
        """);

    [Fact]
    public void What_comes_while_an_append_is_in_flight_gathers_for_the_next_and_may_wait_for_both() => ShardTranscript.Replay("""
        > offer a 1
        a waits for append 1
        > begin
        append 1: 1
        > gossip b 2 1
        b waits for append 2 and 1
        > offer c 3
        c waits for append 2
        > durable
        run 1: 1 by Push
        a = 1
        > begin
        append 2: 2 3
        > durable
        run 2: 2 by Gossip of b
        run 3: 3 by Push
        b = 2 1*
        c = 3
        """);

    [Fact]
    public void Full_storage_rejects_everybody_who_waits_for_the_append_and_leaves_no_hole() => ShardTranscript.Replay("""
        > offer a 1
        a waits for append 1
        > begin
        append 1: 1
        > offer b 1
        b waits for append 1
        > offer c 2
        c waits for append 2
        > full
        a = storage-full
        b = storage-full
        > begin
        append 1: 2
        > failed
        c = storage-failed
        > offer d 1
        d waits for append 3
        > begin
        append 1: 1
        > durable
        run 1: 1 by Push
        d = 1
        """);

    [Fact]
    public void A_fenced_shard_sends_away_what_waits_and_what_comes() => ShardTranscript.Replay("""
        > offer a 1
        a waits for append 1
        > begin
        append 1: 1
        > offer b 2
        b waits for append 2
        > fenced
        step down
        a = shard-moving
        b = shard-moving
        > offer c 3
        c = shard-moving
        > begin
        nothing to append
        """);

    [Fact]
    public void An_append_out_of_sequence_means_that_another_writes_the_shard() => ShardTranscript.Replay("""
        > offer a 1
        a waits for append 1
        > begin
        append 1: 1
        > outofsequence
        step down
        a = shard-moving
        """);

    [Fact]
    public void Nothing_below_the_floor_is_kept_whatever_door_it_comes_by() => ShardTranscript.Replay("""
        > floor 5
        > gossip a 4 5 6
        a waits for append 1
        > begin
        append 1: 5 6
        > durable
        run 1: 5 6 by Gossip of a
        a = below-floor 1 2
        """);

    [Fact]
    public void A_floor_that_rises_takes_nothing_back_that_was_taken_before() => ShardTranscript.Replay("""
        > offer a 4
        a waits for append 1
        > floor 9
        > offer b 4 8
        b waits for append 1
        > begin
        append 1: 4
        > durable
        run 1: 4 by Push
        a = 1
        b = 1* below-floor
        > offer c 4
        c = 1*
        """);
}
