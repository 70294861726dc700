using System.Globalization;
using System.Text;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Core.Topics;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Interop.Tests.Chat;

/// <summary>The envelope in C# and in JavaScript: two implementations of one text, each checking the other.</summary>
public sealed class EnvelopeInteropTests
{
    private const int Mutations = 4000;
    private const int Batch = 500;

    private static readonly int Factor = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_FACTOR") ?? "1", CultureInfo.InvariantCulture);
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("DCHAT_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    public static TheoryData<bool> IsPublic => [true, false];

    [Theory]
    [MemberData(nameof(IsPublic))]
    public async Task What_we_seal_js_opens(bool isPublic)
    {
        await using var js = await StartAsync();
        var topic = isPublic ? Given.PublicTopic : Given.PrivateTopic;
        var envelope = Given.Seal(topic, "hellö 🍵", sequence: ulong.MaxValue, permit: "permit", keyGeneration: 300);

        var opened = await js.DoAsync(
            "open", ("topic", TopicInvite.Create(topic)), ("hex", Convert.ToHexStringLower(envelope)));

        using var opener = new EnvelopeOpener(topic);
        var ours = opener.Open(envelope).Message!;
        Assert.Equal("opened", (string)opened["status"]!);
        Assert.Equal("hellö 🍵", (string)opened["text"]!);
        Assert.Equal(ours.MessageId.ToString(), (string)opened["id"]!);
        Assert.Equal(ours.DeviceKey.ToString(), (string)opened["deviceKey"]!);
        Assert.Equal(ours.AuthorKey.ToString(), (string)opened["authorKey"]!);
        Assert.Equal("18446744073709551615", (string)opened["sequence"]!);
        Assert.Equal(ours.Hlc.Value.ToString(CultureInfo.InvariantCulture), (string)opened["hlc"]!);
        Assert.Equal(300u, (uint)opened["keyGeneration"]!);
        Assert.Equal(Given.Now.ToUnixTimeMilliseconds(), (long)opened["composedAt"]!);
    }

    [Theory]
    [MemberData(nameof(IsPublic))]
    public async Task What_js_seals_we_open(bool isPublic)
    {
        await using var js = await StartAsync();
        var topic = isPublic ? Given.PublicTopic : Given.PrivateTopic;
        using var opener = new EnvelopeOpener(topic);
        for (var sequence = 1ul; sequence <= 3; sequence++)
        {
            var text = string.Concat(Enumerable.Repeat("hellö 🍵", 100 * (int)sequence));
            var made = await js.DoAsync("seal", ("topic", TopicInvite.Create(topic)), ("text", text));

            var opened = opener.Open(Convert.FromHexString((string)made["hex"]!));

            Assert.Equal(OpenStatus.Opened, opened.Status);
            Assert.Equal((string)made["id"]!, opened.Message!.MessageId.ToString());
            Assert.Equal(text, Encoding.UTF8.GetString(opened.Message.Content.Span));
            Assert.Equal(sequence, opened.Message.Sequence);
        }
    }

    [Theory]
    [InlineData("general")]
    [InlineData("Grüße 🍵")]
    [InlineData("x")]
    public async Task A_topic_has_the_same_tag_shard_and_invite(string name)
    {
        await using var js = await StartAsync();
        var topic = Topic.Public(Given.Network, name);

        var theirs = await js.DoAsync("topic", ("topic", name));

        var shard = topic.Tag.ShardOf(Given.ShardBits);
        Assert.Equal(topic.Tag.ToString(), (string)theirs["tag"]!);
        Assert.Equal(shard.Value, (int)theirs["shard"]!);
        Assert.Equal($"/dchat/1/dchat-test/4/{shard}", (string)theirs["shardTopic"]!);
        Assert.Equal(TopicInvite.Create(topic), (string)theirs["invite"]!);
    }

    [Fact]
    public async Task Whatever_is_done_to_an_envelope_both_readers_say_the_same()
    {
        await using var js = await StartAsync();
        byte[][] originals =
        [
            Given.Seal(Given.PublicTopic, "hello"),
            Given.Seal(Given.PublicTopic, "hello", sequence: ulong.MaxValue, permit: "permit", keyGeneration: uint.MaxValue),
            Given.Seal(Given.PrivateTopic, new string('x', 1000), sequence: 300, retention: RetentionClass.Permanent),
        ];
        var mutator = new Mutator(Seed);
        var codes = new HashSet<string>();
        for (var done = 0; done < Mutations * Factor; done += Batch)
        {
            byte[][] envelopes = [.. Enumerable.Range(0, Batch).Select(_ => mutator.Next(originals))];
            var theirs = await js.ReadAsync(envelopes);
            for (var i = 0; i < Batch; i++)
            {
                var ours = ChatPeer.Read(envelopes[i]);
                codes.Add(ours);
                Assert.True(ours == theirs[i], $"seed {Seed}, input {done + i}: {ours} here, {theirs[i]} in JavaScript: {Convert.ToHexStringLower(envelopes[i])}");
            }
        }

        Assert.Superset(new HashSet<string> { "none", "non-canonical", "unknown-version", "unknown-class" }, codes);
    }

    [Fact]
    public async Task The_longest_envelope_and_one_byte_more_are_told_apart_alike()
    {
        await using var js = await StartAsync();
        byte[][] envelopes = [new byte[EnvelopeLimits.MaxBytes], new byte[EnvelopeLimits.MaxBytes + 1]];

        Assert.Equal(["non-canonical", "oversized"], envelopes.Select(ChatPeer.Read));
        Assert.Equal(["non-canonical", "oversized"], await js.ReadAsync(envelopes));
    }

    [Fact]
    public async Task The_gossip_validator_says_why_in_the_words_of_admission()
    {
        await using var js = await StartAsync();
        var topic = Given.PublicTopic;
        var shard = topic.Tag.ShardOf(Given.ShardBits);
        var otherShard = Enumerable.Range(0, 1000).Select(i => Topic.Public(Given.Network, $"topic-{i}"))
            .First(t => t.Tag.ShardOf(Given.ShardBits) != shard);
        var forged = Given.Seal(topic, "hello");
        forged[^1] ^= 1;
        (byte[] Envelope, string Verdict)[] cases =
        [
            (Given.Seal(topic, "hello"), "accept"),
            (Given.Seal(topic, "ahead", fromNow: TimeSpan.FromSeconds(60)), "accept"),
            (Given.Seal(topic, "ahead", fromNow: TimeSpan.FromMilliseconds(60_001)), "ignore"),
            (Given.Seal(topic, "old", fromNow: -TimeSpan.FromHours(24)), "accept"),
            (Given.Seal(topic, "old", fromNow: -TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1)), "ignore"),
            (Given.Seal(topic, "long", retention: RetentionClass.OneYear), "ignore"),
            (Given.Seal(topic, "long", retention: RetentionClass.Permanent, permit: "permit"), "ignore"),
            (Given.Seal(Topic.Public("dchat-other", topic.Name), "elsewhere"), "reject"),
            (Given.Seal(otherShard, "elsewhere"), "reject"),
            (forged, "reject"),
            ([.. forged, 0], "reject"),
            (new byte[EnvelopeLimits.MaxBytes + 1], "reject"),
        ];

        var theirs = await js.DoManyAsync(
            "judge", cases.Select(c => c.Envelope), ("shard", (int)shard.Value), ("now", Given.Now.ToUnixTimeMilliseconds()));

        for (var i = 0; i < cases.Length; i++)
        {
            var admission = new AdmissionPipeline(
                new() { Network = Given.Network, ShardBits = Given.ShardBits }, new AdmissionOptions(), new FakeTimeProvider(Given.Now));
            var ours = admission.Admit(cases[i].Envelope, shard, new AdmissionSource(Door.Gossip, "peer"));
            Assert.Equal((cases[i].Verdict, ours.Rejection.ToCode()), ((string)theirs[i]!["verdict"]!, (string)theirs[i]!["code"]!));
        }
    }

    private static Task<ChatPeer> StartAsync() => ChatPeer.StartAsync(Given.Network, Given.ShardBits, TestContext.Current.CancellationToken);
}
