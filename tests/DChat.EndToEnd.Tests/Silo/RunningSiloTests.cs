using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DChat.EndToEnd.Tests.Silo;

[Collection(nameof(RunningSilo))]
public sealed partial class RunningSiloTests(RunningSilo silo)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_banner_tells_what_runs_where_and_what_to_try_and_only_dchat_logs_before_it()
    {
        var start = silo.Process.Output.ToList().FindIndex(line => line.StartsWith("DChat silo 0.1.0", StringComparison.Ordinal));

        Assert.All(silo.Process.Output.Take(start), line => Assert.Contains(" info: DChat.", line, StringComparison.Ordinal));
        Assert.Equal(
            [
                "  network  dchat-dev",
                $"  silo     all (role all) on 127.0.0.1:{silo.Settings.SiloPort}",
                $"  primary  127.0.0.1:{silo.Settings.SiloPort}",
                silo.Process.Output.Single(line => RelayLine().IsMatch(line)),
                $"  data     {silo.DataDirectory}",
                $"  admin    {silo.Settings.AdminAddress.OriginalString}  (/health/ready, /metrics)",
                $"  clients  127.0.0.1:{silo.Settings.ClientPort}",
                silo.Process.Output.Single(line => Libp2pLine().IsMatch(line)),
            ],
            silo.Process.Output.Skip(start + 1).Take(8));
        Assert.Equal(
            $"Ready. Try: dotnet run --project src/DChat.Cli -- --silo 127.0.0.1:{silo.Settings.ClientPort} tail general",
            silo.Process.Output[start + 9]);
        Assert.Empty(silo.Process.Errors);
    }

    [Fact]
    public async Task It_is_live_as_long_as_the_process_answers()
    {
        using var response = await silo.Http.GetAsync("/health/live", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task It_is_ready_when_cluster_log_and_state_are()
    {
        using var response = await silo.Http.GetAsync("/health/ready", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var report = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("""{"status":"ok","checks":{"silo":"ok","log":"ok","libp2p":"ok","state":"ok"}}""", report.ToString());
    }

    [Theory]
    [InlineData("dchat_log_")]
    [InlineData("orleans_")]
    [InlineData("dotnet_gc_collections_total")]
    public async Task Metrics_show_dchat_orleans_and_the_runtime(string name)
    {
        var metrics = await silo.Http.GetStringAsync("/metrics", Cancel);

        Assert.Contains(name, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_dashboard_its_route_says_how_to_have_it()
    {
        using var response = await silo.Http.GetAsync("/orleans", Cancel);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("--dashboard true", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_page_cannot_reach_the_admin_endpoint_by_a_name_of_its_own()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Host = $"attacker.example:{silo.Settings.AdminPort}";
        using var response = await silo.Http.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [GeneratedRegex("^  relay    [0-9a-f]{64}$")]
    private static partial Regex RelayLine();

    [GeneratedRegex("^  libp2p   /ip4/127\\.0\\.0\\.1/tcp/[0-9]+/p2p/12D3KooW[0-9A-Za-z]+$")]
    private static partial Regex Libp2pLine();
}
