using DChat.Core.Admission;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Core.Tests.Admission;

public sealed class StrikeTableTests
{
    private const int Limit = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly StrikeTable<string> _strikes;

    public StrikeTableTests() => _strikes = new StrikeTable<string>(Limit, TimeSpan.FromMinutes(1), maxTracked: 16, _time);

    [Fact]
    public void As_many_as_the_limit_are_let_pass_and_one_more_is_too_many()
    {
        for (var i = 0; i < Limit; i++)
        {
            Assert.False(_strikes.Add("peer"));
        }

        Assert.True(_strikes.Add("peer"));
        Assert.False(_strikes.Add("another"));
    }

    [Fact]
    public void Offences_wear_off_evenly_within_the_window()
    {
        for (var i = 0; i < Limit; i++)
        {
            _strikes.Add("peer");
        }

        _time.Advance(TimeSpan.FromMinutes(1) / Limit);
        Assert.False(_strikes.Add("peer"));
        Assert.True(_strikes.Add("peer"));
    }

    [Fact]
    public void A_flood_of_peers_with_one_offence_each_does_not_make_the_worst_forgotten()
    {
        for (var i = 0; i < Limit; i++)
        {
            _strikes.Add("peer");
        }

        for (var i = 0; i < 1000; i++)
        {
            _strikes.Add($"passer-by {i}");
        }

        Assert.True(_strikes.Add("peer"));
    }
}
