using System.Net;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Clusters;

/// <summary>Silos join and leave in the ordinary way: an operator sees what happened, and no stack.</summary>
public sealed class OrdinaryChangesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_that_join_and_leave_leave_no_stack_in_anybodys_log()
    {
        await using var cluster = await MachineCluster.StartAsync([], Cancel);
        var stopped = new List<ChildProcess>();
        foreach (var silo in new[] { cluster.Core, cluster.Edge, cluster.Primary })
        {
            Assert.Equal(0, await silo.StopAsync(Cancel));
            stopped.Add(silo.Process);
        }

        Assert.All(stopped, AssertNoStack);
    }

    [Fact]
    public async Task An_edge_without_a_core_is_not_ready_and_says_why_until_one_is_there()
    {
        await using var cluster = await MachineCluster.StartAsync([], Cancel);
        using var http = new HttpClient { BaseAddress = cluster.Primary.Settings.AdminAddress };
        Assert.Equal(0, await cluster.Core.StopAsync(Cancel));

        using var alone = await http.GetAsync("/health/ready", Cancel);
        await cluster.Core.RestartAsync(Cancel);
        var answer = await UntilReadyAsync(http);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, alone.StatusCode);
        Assert.Contains("\"core\":\"none reachable\"", await alone.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("\"core\":\"ok\"", answer, StringComparison.Ordinal);
        AssertNoStack(cluster.Primary.Process);
    }

    private static async Task<string> UntilReadyAsync(HttpClient http)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        giveUp.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var response = await http.GetAsync("/health/ready", giveUp.Token);
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadAsStringAsync(giveUp.Token);
            }
        }
    }

    private static void AssertNoStack(ChildProcess process)
    {
        var stack = process.Output.Concat(process.Errors)
            .FirstOrDefault(line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal));
        Assert.True(stack is null, process.Describe($"logged: {stack}"));
    }
}
