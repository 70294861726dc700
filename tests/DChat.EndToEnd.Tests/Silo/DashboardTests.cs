using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DChat.Testing;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

public sealed class DashboardTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_orleans_dashboard_is_served_when_asked_for_without_its_log_stream()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.StartAsync(
            Silos.In(folder["data"]) with { Arguments = ["--dashboard", "true"] }, Cancel);
        using var http = new HttpClient { BaseAddress = silo.Settings.AdminAddress };

        var page = await http.GetStringAsync("/orleans/", Cancel);
        var cluster = await http.GetFromJsonAsync<JsonElement>("/orleans/DashboardCounters", Cancel);
        using var trace = await http.GetAsync("/orleans/Trace", Cancel);

        Assert.Contains("<html", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(JsonValueKind.Array, cluster.GetProperty("hosts").ValueKind);
        Assert.Equal(HttpStatusCode.Forbidden, trace.StatusCode);
    }
}
