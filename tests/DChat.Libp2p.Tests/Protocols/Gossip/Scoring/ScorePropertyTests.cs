using CsCheck;
using DChat.Libp2p.Protocols.Gossip.Scoring;

namespace DChat.Libp2p.Tests.Protocols.Gossip.Scoring;

/// <summary>What holds of scores whatever happens.</summary>
public sealed class ScorePropertyTests
{
    private static readonly Gen<TopicScoreOptions> Topics = Gen.Select(
        Gen.Double[0, 10], Gen.Double[0, 5], Gen.Double[0, 5], Gen.Double[0.01, 0.999], Gen.Double[-50, -0.1], Gen.Double[0.01, 0.999],
        (weight, time, first, firstDecay, invalid, invalidDecay) => new TopicScoreOptions
        {
            Weight = weight,
            TimeInMeshWeight = time,
            FirstDeliveriesWeight = first,
            FirstDeliveriesDecay = firstDecay,
            InvalidMessagesWeight = invalid,
            InvalidMessagesDecay = invalidDecay,
        });

    /// <summary>What an honest peer does when P₃ is off: comes and goes, is grafted and pruned, brings what is accepted or ignored.</summary>
    private static readonly Gen<int[]> HonestDoings = Gen.Int[0, 6].Array[0, 200];

    [Fact]
    public void A_peer_that_brings_nothing_that_is_rejected_never_falls_below_zero() => Gen.Select(Topics, HonestDoings).Sample((topic, doings) =>
    {
        var scored = new Scored(topic);
        scored.Add("honest");
        for (var i = 0; i < doings.Length; i++)
        {
            Do(scored, doings[i], i);
            Assert.True(scored.Of("honest") >= 0);
        }
    });

    [Fact]
    public void Whatever_else_a_peer_does_one_more_invalid_message_or_misdeed_never_helps_it() => Gen.Select(Topics, HonestDoings).Sample((topic, doings) =>
    {
        var (scored, worse) = (new Scored(topic), new Scored(topic));
        scored.Add("honest");
        worse.Add("honest");
        worse.Reject("forged", "honest");
        worse.Scores.Penalize(Scored.Peer("honest"), 1);
        for (var i = 0; i < doings.Length; i++)
        {
            Do(scored, doings[i], i);
            Do(worse, doings[i], i);
            Assert.True(worse.Of("honest") <= scored.Of("honest"));
        }
    });

    [Fact]
    public void By_the_defaults_five_forged_messages_graylist_a_peer_whatever_it_has_done_well()
    {
        var options = new PeerScoreOptions();
        var scored = new Scored(new TopicScoreOptions(), o => o.TopicScoreCap = options.TopicScoreCap);
        scored.Add("forger");
        scored.Graft("forger");
        scored.Decay(1000);
        for (var i = 0; i < 1000; i++)
        {
            scored.Deliver($"m{i}", "forger");
        }

        // 0.5·(0.01·300 + 50), less 0.5·10·n².
        Assert.Equal(26.5, scored.Of("forger"));
        for (var i = 0; i < 4; i++)
        {
            scored.Reject($"f{i}", "forger");
        }

        Assert.Equal(26.5 - 80, scored.Of("forger"));
        scored.Reject("f4", "forger");
        Assert.Equal(26.5 - 125, scored.Of("forger"));
        Assert.True(scored.Of("forger") < options.GraylistThreshold);
    }

    private static void Do(Scored scored, int doing, int number)
    {
        switch (doing)
        {
            case 0: scored.Graft("honest"); break;
            case 1: scored.Prune("honest"); break;
            case 2: scored.Deliver($"m{number}", "honest"); break;
            case 3: scored.Copy($"m{number - 1}", "honest"); break;
            case 4: scored.Decay(); break;
            case 5: scored.Decay(7); break;
            default:
                scored.Remove("honest");
                scored.Add("honest");
                break;
        }
    }
}
